import FleetModel

extension Head: SpanSource {
  func mayHold(_ trace: TraceID) -> Bool { read { $0.traces.latest(trace, $0.spans.rows) != nil } }

  func isInOnePlace(_ trace: TraceID) -> Bool { true }

  func spans(of trace: TraceID, only ids: Set<SpanID>?, _ reading: inout SpanReading) -> [Span] {
    inParts(read { $0.rows(of: trace, only: ids) }) { rows, content in rows.compactMap { content.spans.span($0) } }
  }

  /// Makes values of rows of a trace, some at once: in between the writer has its turn.
  private func inParts<Value: Sendable>(
    _ rows: [PackedRow], _ body: (ArraySlice<PackedRow>, borrowing Content) -> [Value]
  ) -> [Value] {
    if rows.count <= Self.rowsOfTraceAtOnce { return read { body(rows[...], $0) } }
    var values: [Value] = []
    values.reserveCapacity(rows.count)
    for first in stride(from: 0, to: rows.count, by: Self.rowsOfTraceAtOnce) {
      values += read { body(rows[first..<min(first + Self.rowsOfTraceAtOnce, rows.count)], $0) }
    }
    return values
  }

  private static let rowsOfTraceAtOnce = 1024

  func outlines(of trace: TraceID, _ reading: inout SpanReading) -> [SpanOutline] {
    let rows = read { $0.rows(of: trace) }
    guard !rows.isEmpty else { return [] }
    return inParts(rows) { rows, content in
      var keys = OutlineKeys(content.spans)
      return rows.compactMap { content.spans.outline($0, &keys, &reading.names) }
    }
  }

  var parts: [SpanPart] {
    read { $0.visible == 0 ? [] : [SpanPart(number: 0, starts: $0.firstStart...$0.lastStart)] }
  }

  /// Rows that are looked at before the lock is given to others.
  private static let rowsAtOnce = 4096

  func candidates(in part: Int, _ query: TraceQuery, _ reading: inout SpanReading) -> [TraceCandidate] {
    var best: [TraceID: Int64] = [:]
    var next = 0
    var isDone = false
    while !isDone {
      isDone = read { content in
        var match = RowMatch(query, content.spans)
        let end = min(next + Self.rowsAtOnce, content.visible)
        for number in next..<max(next, end) {
          let row = content.spans.rows[number]
          guard match.mayFit(row, content.spans), let trace = row.traceID else { continue }
          best[trace] = max(best[trace] ?? .min, row.start)
        }
        next = end
        return end >= content.visible
      }
    }
    return best.map { TraceCandidate(trace: $0.key, start: $0.value) }
  }

  func names(
    during range: Range<Int64>, _ reading: inout SpanReading, _ visit: (String, String, SpanKind) -> Void
  ) {
    struct Name: Hashable {
      var agent, operation: UInt32
      var kind: UInt8
    }
    var seen: Set<Name> = []
    var next = 0
    var isDone = false
    while !isDone {
      isDone = read { content in
        let end = min(next + Self.rowsAtOnce, content.visible)
        for number in next..<max(next, end) {
          let row = content.spans.rows[number]
          if range.contains(row.start) { seen.insert(Name(agent: row.agent, operation: row.operation, kind: row.kind)) }
        }
        next = end
        return end >= content.visible
      }
    }
    read { content in
      for name in seen {
        visit(
          content.spans.symbols.string(name.agent), content.spans.symbols.string(name.operation),
          SpanKind(rawValue: name.kind) ?? .unspecified)
      }
    }
  }
}

/// A query as it looks among packed rows: names by number.
struct RowMatch {
  private let query: TraceQuery
  private let stateBits: UInt8
  private let agent: UInt32?
  private let operation: UInt32?
  /// Nothing here has such a name.
  private let isHopeless: Bool
  private let attributes: [(key: UInt32, value: String, symbol: UInt32?)]
  /// Attributes of which the key itself is unknown here.
  private let unknown: Int
  private var resources: [UInt32: UInt64] = [:]

  init(_ query: TraceQuery, _ spans: borrowing PackedSpans) {
    self.query = query
    stateBits = query.stateBits
    agent = query.agent.flatMap { spans.symbols.number(of: $0) }
    operation = query.operation.flatMap { spans.symbols.number(of: $0) }
    isHopeless = query.agent != nil && agent == nil || query.operation != nil && operation == nil
    var found: [(key: UInt32, value: String, symbol: UInt32?)] = []
    for (key, value) in query.attributes.prefix(64) {
      if let number = spans.symbols.number(of: key) { found.append((number, value, spans.symbols.number(of: value))) }
    }
    attributes = found
    unknown = min(query.attributes.count, 64) - found.count
  }

  /// Whether the row fits, or may once it is joined with other versions of its span: a start that has an attribute which is
  /// asked for may get the rest from its end.
  mutating func mayFit(_ row: PackedRow, _ spans: borrowing PackedSpans) -> Bool {
    let fitsCore =
      !isHopeless && row.start >= query.range.lowerBound && row.start < query.range.upperBound
      && stateBits & 1 << row.state != 0 && (agent == nil || agent == row.agent)
      && (operation == nil || operation == row.operation)
      && query.fitsCore(start: row.start, duration: row.duration, state: row.spanState)
    if query.attributes.isEmpty { return fitsCore }
    guard fitsCore || !row.hasEnded else { return false }
    let found = (attributesFound(row, spans)).nonzeroBitCount
    return found == attributes.count && unknown == 0 && fitsCore
      || found > 0 && (!row.hasEnded || fitsCore && query.attributes.count > 1)
  }

  private mutating func attributesFound(_ row: PackedRow, _ spans: borrowing PackedSpans) -> UInt64 {
    var cursor = FieldCursor(spans.payload(of: row))
    _ = PayloadHead(&cursor, in: spans.payload(of: row))
    var found = self.found(&cursor, spans)
    if let known = resources[row.resource] {
      found |= known
    } else {
      var cursor = FieldCursor(spans.resources[row.resource])
      let known = self.found(&cursor, spans)
      resources[row.resource] = known
      found |= known
    }
    return found
  }

  private func found(_ cursor: inout FieldCursor, _ spans: borrowing PackedSpans) -> UInt64 {
    var found: UInt64 = 0
    while !cursor.isAtEnd {
      let attribute = cursor.attribute()
      for (index, wanted) in attributes.enumerated() where wanted.key == attribute.key && !cursor.isOverrun {
        if Self.isEqual(attribute.value, wanted.value, wanted.symbol) { found |= 1 << UInt64(index) }
      }
    }
    return found
  }

  private static func isEqual(_ value: PackedAttribute.Value, _ text: String, _ symbol: UInt32?) -> Bool {
    switch value {
    case .symbol(let number): number == symbol
    case .text(let bytes), .nested(let bytes): bytes.elementsEqual(text.utf8)
    case .bool(let value): SpanValue.bool(value).text == text
    case .int(let value): SpanValue.int(value).text == text
    case .double(let bits): SpanValue.double(Double(bitPattern: bits)).text == text
    case .bytes(let bytes): SpanValue.bytes(Array(bytes)).text == text
    }
  }
}

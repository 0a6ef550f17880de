import FleetModel

/// A query on one block: names become numbers once, then only columns of numbers are looked at.
struct BlockSearch {
  private let query: TraceQuery
  private let block: OpenBlock
  /// By number.
  private let origins: [Bool]
  private let operations: [Bool]

  init(_ query: TraceQuery, _ block: OpenBlock) {
    self.query = query
    self.block = block
    origins = block.names.origins.map { query.agent == nil || block.names.strings[Int($0.agent)] == query.agent }
    operations = block.names.operations.map {
      query.operation == nil || block.names.strings[Int($0.name)] == query.operation
    }
  }

  /// Each trace once, with the latest start of what fits.
  func candidates() throws(SpanDamage) -> [TraceCandidate] {
    let hasAttributes = !query.attributes.isEmpty
    // A name that the block does not know: with attributes a start may still be joined with an end elsewhere.
    if !hasAttributes, !origins.contains(true) || !operations.contains(true) { return [] }
    let found = hasAttributes ? try attributesFound() : []
    if hasAttributes, !found.contains(where: { $0 != 0 }) { return [] }
    let wanted = query.attributes.count
    let starts = try block.fixed(BlockLayout.Section.starts)
    let durations = try block.fixed(BlockLayout.Section.durations)
    let originNumbers = try block.fixed(BlockLayout.Section.origins)
    let operationNumbers = try block.fixed(BlockLayout.Section.operations)
    let states = try block.fixed(BlockLayout.Section.states)
    let stateBits = query.stateBits
    var candidates: [TraceCandidate] = []
    for trace in 0..<block.traceCount {
      var latest: Int64?
      for row in block.traceRows[trace]..<block.traceRows[trace + 1] {
        if hasAttributes, found[row] == 0 { continue }
        let state = UInt8(truncatingIfNeeded: states[row])
        let spanState = SpanState(rawValue: state) ?? .completed
        let start = block.traceStarts[trace] &+ Int64(bitPattern: starts[row])
        let duration = spanState.hasEnded ? Int64(bitPattern: durations[row]) : nil
        let origin = Int(truncatingIfNeeded: originNumbers[row])
        let operation = Int(truncatingIfNeeded: operationNumbers[row])
        guard origin < origins.count, operation < operations.count else {
          throw SpanDamage("a span is of an unknown origin or operation")
        }
        let fitsCore =
          origins[origin] && operations[operation] && stateBits & 1 << state != 0
          && query.fitsCore(start: start, duration: duration, state: spanState)
        // As RowMatch has it: versions of a span may be joined.
        let fits =
          !hasAttributes
          ? fitsCore
          : fitsCore && found[row].nonzeroBitCount == wanted || !spanState.hasEnded || fitsCore && wanted > 1
        if fits { latest = max(latest ?? .min, start) }
      }
      if let latest, let id = block.traceID(trace) { candidates.append(TraceCandidate(trace: id, start: latest)) }
    }
    return candidates
  }

  /// For each row, which of the query's attributes it or its resource has: a bit each.
  private func attributesFound() throws(SpanDamage) -> [UInt64] {
    let wanted = query.attributes.prefix(64).map { (key: $0.key, value: $0.value) }
    var found = [UInt64](repeating: 0, count: block.rows)
    // By column: the values that are looked for, and for each of its values whether it is one.
    var hits: [Int: [(bit: UInt64, values: [Bool])]] = [:]
    for (number, column) in block.names.columns.enumerated() {
      guard let kind = BlockLayout.ColumnKind(rawValue: column.kind),
        column.kind <= BlockLayout.ColumnKind.nested.rawValue
      else { continue }
      for (index, attribute) in wanted.enumerated() where block.names.strings[Int(column.key)] == attribute.key {
        let values = try self.values(number, kind, equalTo: attribute.value)
        if values.contains(true) { hits[number, default: []].append((1 << UInt64(index), values)) }
      }
    }
    let ofResource = block.names.resources.map { resourceBits($0, wanted) }
    if ofResource.contains(where: { $0 != 0 }) {
      for row in 0..<block.rows { found[row] = ofResource[Int(try block.origin(row).resource)] }
    }
    if hits.isEmpty { return found }
    var ranks = [Int](repeating: 0, count: block.names.columns.count)
    for row in 0..<block.rows {
      for column in try block.shape(row) {
        let number = Int(column)
        if let hits = hits[number] { for hit in hits where hit.values[ranks[number]] { found[row] |= hit.bit } }
        ranks[number] += 1
      }
    }
    return found
  }

  private func values(
    _ column: Int, _ kind: BlockLayout.ColumnKind, equalTo text: String
  ) throws(SpanDamage) -> [Bool] {
    if kind.isText {
      let reader = try block.texts(column)
      let count = try block.valueCount(column)
      if kind == .bytes {
        return (0..<count).map { reader.with($0) { SpanValue.bytes(Array($0)).text == text } }
      }
      return reader.places(of: Array(text.utf8), count: count)
    }
    let reader = try block.numbers(column)
    switch kind {
    case .bool: return (0..<reader.count).map { SpanValue.bool(reader[$0] != 0).text == text }
    case .int:
      guard let number = Int64(text), String(number) == text else { return [] }
      let wanted = ZigZag.encode(number)
      return (0..<reader.count).map { reader[$0] == wanted }
    default: return (0..<reader.count).map { SpanValue.double(Double(bitPattern: reader[$0])).text == text }
    }
  }

  private func resourceBits(_ bytes: [UInt8], _ wanted: [(key: String, value: String)]) -> UInt64 {
    bytes.withUnsafeBytes { bytes in
      var cursor = FieldCursor(bytes)
      var bits: UInt64 = 0
      while !cursor.isAtEnd {
        let attribute = cursor.attribute()
        guard !cursor.isOverrun, Int(attribute.key) < block.names.strings.count else { break }
        for (index, pair) in wanted.enumerated() where block.names.strings[Int(attribute.key)] == pair.key {
          if block.value(attribute.value)?.text == pair.value { bits |= 1 << UInt64(index) }
        }
      }
      return bits
    }
  }
}

import FleetModel

/// Everything that is stored, as it was at one moment: what a query reads.
///
/// All calls block for as long as reading takes.
struct SpanSources: Sendable {
  /// In the order in which their spans arrived.
  var sources: [any SpanSource]

  /// - Parameter ids: `nil` for all spans of the trace.
  func spans(of trace: TraceID, only ids: Set<SpanID>? = nil) -> [Span] {
    var reading = SpanReading()
    return spans(of: trace, only: ids, &reading)
  }

  func spans(of trace: TraceID, only ids: Set<SpanID>? = nil, _ reading: inout SpanReading) -> [Span] {
    var versions: [Span] = []
    for source in sources { versions += source.spans(of: trace, only: ids, &reading) }
    return SpanJoin.join(versions)
  }

  /// - Parameter known: the sources that have spans of it, where that was found out before.
  private func outline(of trace: TraceID, _ reading: inout SpanReading, known: [Int]? = nil) -> TraceOutline {
    var outlines: [SpanOutline] = []
    for index in known ?? Array(sources.indices) { outlines += sources[index].outlines(of: trace, &reading) }
    var seen = Set<SpanID>(minimumCapacity: outlines.count)
    if outlines.allSatisfy({ seen.insert($0.spanID).inserted }) {
      return TraceOutline(traceID: trace, spans: outlines)
    }
    let spans = spans(of: trace, &reading)
    return TraceOutline(traceID: trace, spans: spans.map { SpanOutline($0, names: &reading.names) })
  }

  // MARK: Search

  func search(_ query: TraceQuery) -> [TraceSummary] {
    guard query.limit > 0 else { return [] }
    var reading = SpanReading()
    let parts = orderedParts(query.range)
    var next = 0
    // Candidates by start, the latest last; a trace may come again from an older part.
    var waiting: [TraceCandidate] = []
    var answered: Set<TraceID> = []
    var found: [(start: Int64, summary: TraceSummary)] = []
    while found.count < query.limit {
      // Nothing that comes later can be more recent than a candidate past the next part.
      if next < parts.count, waiting.last.map({ $0.start <= parts[next].part.starts.upperBound }) ?? true {
        waiting += sources[parts[next].source].candidates(in: parts[next].part.number, query, &reading)
        waiting.sort { ($0.start, $0.trace) < ($1.start, $1.trace) }
        next += 1
        continue
      }
      guard let candidate = waiting.popLast() else { break }
      guard answered.insert(candidate.trace).inserted else { continue }
      if let fit = confirm(candidate.trace, query, &reading) { found.append(fit) }
    }
    found.sort { ($0.start, $0.summary.traceID) > ($1.start, $1.summary.traceID) }
    return found.map(\.summary)
  }

  /// The parts with starts in the range, those with the latest starts first.
  private func orderedParts(_ range: Range<Int64>) -> [(source: Int, part: SpanPart)] {
    var parts: [(source: Int, part: SpanPart)] = []
    for (index, source) in sources.enumerated() {
      for part in source.parts
      where part.starts.lowerBound < range.upperBound && part.starts.upperBound >= range.lowerBound {
        parts.append((index, part))
      }
    }
    return parts.sorted { $0.part.starts.upperBound > $1.part.starts.upperBound }
  }

  /// The trace with the latest start of a span that fits, all versions joined; `nil` where none does after all.
  private func confirm(
    _ trace: TraceID, _ query: TraceQuery, _ reading: inout SpanReading
  ) -> (start: Int64, summary: TraceSummary)? {
    var latest: Int64?
    let outline: TraceOutline
    if query.attributes.isEmpty {
      outline = self.outline(of: trace, &reading)
      let agent = query.agent.map { reading.names.number(of: $0) }
      let operation = query.operation.map { reading.names.number(of: $0) }
      for span in outline.spans where query.fits(span, agent: agent, operation: operation) {
        latest = max(latest ?? .min, span.start)
      }
    } else {
      let spans = spans(of: trace, &reading)
      for span in spans where query.fits(span) { latest = max(latest ?? .min, span.start) }
      outline = TraceOutline(traceID: trace, spans: spans.map { SpanOutline($0, names: &reading.names) })
    }
    return latest.map { ($0, TraceSummary(outline, reading.names)) }
  }

  // MARK: Outlines

  /// Traces that are handed over at once.
  private static let tracesAtOnce = 256

  func outlines(
    matching query: TraceQuery, isCancelled: () -> Bool, visit: ([TraceOutline], NameTable) throws -> Void
  ) throws {
    var reading = SpanReading()
    var chunk: [TraceOutline] = []
    // Of the traces that lie in more than one part; others cannot come again.
    var handedOver: Set<TraceID> = []
    for (source, part) in orderedParts(query.range).reversed() {
      for candidate in sources[source].candidates(in: part.number, query, &reading) {
        if isCancelled() { throw CancellationError() }
        let trace = candidate.trace
        let holders = sources.indices.filter { sources[$0].mayHold(trace) }
        if holders.count > 1 || !sources[source].isInOnePlace(trace) {
          guard handedOver.insert(trace).inserted else { continue }
        }
        let outline = outline(of: trace, &reading, known: holders)
        guard fits(outline, query, &reading) else { continue }
        chunk.append(outline)
        if chunk.count == Self.tracesAtOnce {
          try visit(chunk, reading.names)
          chunk.removeAll(keepingCapacity: true)
        }
      }
    }
    if !chunk.isEmpty { try visit(chunk, reading.names) }
  }

  private func fits(_ outline: TraceOutline, _ query: TraceQuery, _ reading: inout SpanReading) -> Bool {
    guard query.attributes.isEmpty else { return spans(of: outline.traceID, &reading).contains { query.fits($0) } }
    let agent = query.agent.map { reading.names.number(of: $0) }
    let operation = query.operation.map { reading.names.number(of: $0) }
    return outline.spans.contains { query.fits($0, agent: agent, operation: operation) }
  }

  // MARK: Names

  func agents(during range: Range<Int64>) -> [String] {
    var reading = SpanReading()
    var agents: Set<String> = []
    for source in sources { source.names(during: range, &reading) { agent, _, _ in agents.insert(agent) } }
    return agents.sorted()
  }

  func operations(of agent: String?, during range: Range<Int64>) -> [SpanOperation] {
    var reading = SpanReading()
    var operations: Set<SpanOperation> = []
    for source in sources {
      source.names(during: range, &reading) { owner, operation, kind in
        if agent == nil || agent == owner { operations.insert(SpanOperation(name: operation, kind: kind)) }
      }
    }
    return operations.sorted()
  }
}

extension TraceSummary {
  init(_ outline: TraceOutline, _ names: NameTable) {
    let root = Self.root(of: outline.spans)
    self.init(
      traceID: outline.traceID, rootAgent: root.map { names[$0.agent] } ?? "",
      rootOperation: root.map { names[$0.operation] } ?? "", start: root?.start ?? 0,
      end: root.flatMap { Self.end(of: outline.spans, $0) })
    spanCount = outline.spans.count
    var byAgent: [NameID: Int] = [:]
    for span in outline.spans {
      byAgent[span.agent, default: 0] += 1
      switch span.state {
      case .error: errorCount += 1
      case .active: activeCount += 1
      case .lost: lostCount += 1
      case .completed, .ok: break
      }
    }
    for (agent, count) in byAgent { spansByAgent[names[agent]] = count }
  }

  /// The earliest span without a parent, else the earliest whose parent is not there, else the earliest.
  private static func root(of spans: [SpanOutline]) -> SpanOutline? {
    let isEarlier = { (left: SpanOutline, right: SpanOutline) in
      (left.start, left.spanID) < (right.start, right.spanID)
    }
    if let root = spans.filter({ $0.parent == 0 }).min(by: isEarlier) { return root }
    let ids = Set(spans.map(\.spanID.rawValue))
    return spans.filter { !ids.contains($0.parent) }.min(by: isEarlier) ?? spans.min(by: isEarlier)
  }

  /// The end of the root; while it has none, the last one by the root's clock, as others may be hours off.
  private static func end(of spans: [SpanOutline], _ root: SpanOutline) -> Int64? {
    if root.state.hasEnded { return root.end }
    let isOnClock = { (span: SpanOutline) in
      root.instance.isNone && span.instance.isNone ? span.agent == root.agent : span.instance == root.instance
    }
    return spans.lazy.filter { $0.state.hasEnded && $0.end >= root.start && isOnClock($0) }.map(\.end).max()
  }
}

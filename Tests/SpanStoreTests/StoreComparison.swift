import FleetModel
import Synchronization
import Testing

/// Compares all that a store says with what it should say.
enum StoreComparison {
  private struct Seen {
    var traces: [TraceID] = []
    var problems: [String] = []
  }

  static func compare(
    _ store: some SpanReader & SpanWriter, _ plain: PlainSpans, _ random: RandomSpans, _ comment: String
  ) async throws {
    for trace in plain.traces {
      let found = try await store.spans(of: trace)
      let expected = plain.spans(of: trace)
      #expect(found == expected, "\(comment): trace \(trace)\n\(difference(found, expected))")
      if found != expected { return }
    }
    for number in 0..<12 {
      let query = query(random, number)
      let found = try await store.search(query)
      let expected = plain.search(query)
      #expect(
        found.map(\.traceID) == expected.prefix(query.limit).map(\.trace), "\(comment): \(query)")
      for summary in found { check(summary, plain.spans(of: summary.traceID)) }
      try await compareOutlines(store, plain, query, expected.map(\.trace), comment)
    }
    let all = Int64.min..<Int64.max
    let spans = plain.traces.flatMap { plain.versions[$0] ?? [] }
    #expect(
      Set(try await store.agents(during: all)).isSuperset(of: plain.traces.flatMap { plain.spans(of: $0) }.map(\.agent))
    )
    #expect(Set(spans.map(\.agent)).isSuperset(of: try await store.agents(during: all)))
    for agent in ["planner", nil] {
      let found = Set(try await store.operations(of: agent, during: all))
      let most = Set(
        spans.filter { agent == nil || $0.agent == agent }.map { SpanOperation(name: $0.operation, kind: $0.kind) })
      #expect(most.isSuperset(of: found))
    }
    #expect(Set(await store.openSpans().map(\.key)) == plain.open, "\(comment): spans in flight")
  }

  static func query(_ random: RandomSpans, _ number: Int) -> TraceQuery {
    var query = TraceQuery(range: 0..<Int64.max, limit: 1 + random.below(30))
    if random.happens(30) {
      let start = RandomSpans.base + Int64(random.below(20)) * 1_000_000_000
      query.range = start..<start + Int64(random.below(10)) * 1_000_000_000 + 1
    }
    if random.happens(40) { query.agent = ["planner", "writer", "critic", "nobody"][random.below(4)] }
    if random.happens(40) { query.operation = ["plan", "chat", "execute_tool", "nothing"][random.below(4)] }
    if random.happens(30) { query.minimumDuration = Int64(random.below(50_000_000)) }
    if random.happens(10) { query.maximumDuration = Int64(random.below(50_000_000)) }
    if random.happens(20) { query.states = Set((0...random.below(3)).map { _ in SpanState.allCases[random.below(5)] }) }
    if random.happens(30) {
      switch random.below(6) {
      case 0: query.attributes["agent.id"] = "agent-\(random.below(40))"
      case 1: query.attributes["service.instance.id"] = "instance-\(random.below(3))"
      case 2: query.attributes["gen_ai.request.model"] = "model-\(random.below(3))"
      case 3: query.attributes["temperature"] = "\(Double(random.below(20)) / 10)"
      case 4: query.attributes["stream"] = "true"
      default: query.attributes["shard"] = "1"
      }
    }
    return query
  }

  private static func check(_ summary: TraceSummary, _ spans: [Span]) {
    #expect(summary.spanCount == spans.count)
    #expect(summary.start == spans.map(\.start).min())
    #expect(summary.end == spans.compactMap(\.end).max())
    #expect(summary.errorCount == spans.filter { $0.state == .error }.count)
    #expect(summary.activeCount == spans.filter { $0.state == .active }.count)
    #expect(summary.lostCount == spans.filter { $0.state == .lost }.count)
    #expect(summary.spansByAgent == Dictionary(grouping: spans, by: \.agent).mapValues(\.count))
  }

  private static func compareOutlines(
    _ store: some SpanReader, _ plain: PlainSpans, _ query: TraceQuery, _ expected: [TraceID], _ comment: String
  ) async throws {
    let seen = Mutex(Seen())
    try await store.outlines(matching: query) { outlines, names in
      for outline in outlines {
        let spans = plain.spans(of: outline.traceID)
        let found = Set(outline.spans.map { Self.text($0, names) })
        let wanted = Set(spans.map(Self.text))
        seen.withLock { seen in
          seen.traces.append(outline.traceID)
          if found != wanted || outline.spans.count != spans.count {
            seen.problems.append("\(found.subtracting(wanted)) for \(wanted.subtracting(found))")
          }
        }
      }
    }
    let (traces, problems) = seen.withLock { ($0.traces, $0.problems) }
    #expect(traces.sorted() == expected.sorted(), "\(comment): outlines of \(query)")
    #expect(problems.isEmpty, "\(comment): \(problems.first ?? "")")
  }

  private static func text(_ outline: SpanOutline, _ names: NameTable) -> String {
    """
    \(outline.spanID) \(outline.parent) \(outline.start) \(outline.end) \(names[outline.agent]) \(names[outline.operation]) \
    \(outline.kind) \(outline.state) \(names[outline.genAIOperation]) \(names[outline.model]) \(names[outline.provider]) \
    \(names[outline.conversation]) \(names[outline.task]) \(names[outline.toolCall]) \(names[outline.instance]) \
    \(outline.inputTokens) \(outline.outputTokens) \(outline.cachedTokens)
    """
  }

  private static func text(_ span: Span) -> String {
    var names = NameTable()
    return text(SpanOutline(span, names: &names), names)
  }

  private static func difference(_ found: [Span], _ expected: [Span]) -> String {
    for (left, right) in zip(found, expected) where left != right { return "found    \(left)\nexpected \(right)" }
    return "\(found.count) spans for \(expected.count)"
  }
}

import FleetModel
import TestSupport

/// Spans of every kind and shape, from a seed.
struct RandomSpans {
  let random: SeededRandom
  /// How many traces spans are spread over.
  var traces = 24
  var spansPerTrace = 12
  static let base: Int64 = 1_700_000_000_000_000_000

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
  func happens(_ percent: Int) -> Bool { below(100) < percent }

  func trace(_ number: Int) -> TraceID { TraceID(high: UInt64(number) &* 0x9E37_79B9, low: UInt64(number) + 1)! }

  func batch(_ count: Int) -> [Span] { (0..<count).map { _ in span() } }

  func span() -> Span {
    let number = below(traces)
    let id = below(spansPerTrace)
    // Versions of a span tell the same but for how far it has come and for attributes: what senders send twice is so.
    let own = (number * 31 + id * 17) % 1009
    let states: [SpanState] = [
      .active, .lost, [.completed, .ok, .error][own % 3], [.completed, .ok, .error][own % 3],
    ]
    let state = states[below(4)]
    let start = Self.base + Int64(number) * 1_000_000_000 + Int64(id) * 7_000_003
    var span = Span(
      traceID: trace(number), spanID: SpanID(rawValue: UInt64(number) << 32 | UInt64(id) + 1)!,
      parentID: id == 0 ? nil : SpanID(rawValue: happens(10) ? 999 : UInt64(number) << 32 | UInt64(id / 2) + 1),
      operation: ["plan", "chat", "execute_tool", "retrieve"][own % 4],
      agent: ["planner", "writer", "critic"][own % 7 % 3],
      kind: SpanKind.allCases[own % 6], state: state, start: start,
      end: state.hasEnded ? start + Int64(own) * 49_999 : nil)
    span.attributes = attributes()
    if state == .error { span.statusMessage = happens(50) ? "upstream timeout" : "failed \(below(1000))" }
    if happens(10) { span.traceState = "vendor=\(below(5))" }
    if happens(30) { span.flags = UInt32(below(4)) }
    if happens(5) { span.dropped = DroppedCounts(attributes: UInt32(below(3)), events: 1, links: UInt32(below(2))) }
    if happens(15) {
      span.events = (0...below(3)).map {
        SpanEvent(time: start + Int64($0), name: "event \($0)", attributes: happens(50) ? attributes() : [])
      }
    }
    if happens(10) {
      span.links = [
        SpanLink(
          traceID: trace(below(traces)), spanID: SpanID(rawValue: 77)!, traceState: happens(50) ? "a=b" : "",
          attributes: attributes())
      ]
    }
    span.resource = [
      SpanAttribute("service.name", .string("service-\(below(3))")),
      SpanAttribute(happens(80) ? "service.instance.id" : "host.id", .string("instance-\(below(2))")),
      SpanAttribute("shard", .int(Int64(below(3)))),
    ]
    span.scope = InstrumentationScope(name: happens(80) ? "sdk" : "", version: "1.\(below(3))")
    return span
  }

  func attributes() -> [SpanAttribute] {
    var attributes: [SpanAttribute] = []
    if happens(80) { attributes.append(SpanAttribute("agent.id", .string("agent-\(below(40))"))) }
    if happens(60) {
      attributes.append(
        SpanAttribute("url.path", .string("/v1/tasks/" + String(0x1000_0000 + below(0x7fff_ffff), radix: 16))))
    }
    if happens(50) { attributes.append(SpanAttribute("gen_ai.usage.input_tokens", .int(Int64(below(5000))))) }
    if happens(30) { attributes.append(SpanAttribute("gen_ai.request.model", .string("model-\(below(3))"))) }
    if happens(20) { attributes.append(genAIAttribute()) }
    if happens(20) { attributes.append(SpanAttribute("temperature", .double(Double(below(20)) / 10))) }
    if happens(20) { attributes.append(SpanAttribute("stream", .bool(happens(50)))) }
    if happens(10) { attributes.append(SpanAttribute("blob", .bytes((0..<below(20)).map { UInt8($0) }))) }
    if happens(10) { attributes.append(SpanAttribute("tags", .nested("[\"a\",\(below(9))]"))) }
    if happens(10) { attributes.append(SpanAttribute("delta", .int(Int64(bitPattern: random.next())))) }
    if happens(5) { attributes.append(SpanAttribute("key-\(below(200))", .string("värld \(below(9))"))) }
    if happens(3) {
      attributes.append(SpanAttribute("prompt", .string(String(repeating: "text \(below(9)) ", count: below(200)))))
    }
    if happens(3) { attributes.append(SpanAttribute("", .string(""))) }
    return attributes
  }
}

extension RandomSpans {
  /// One that outlines tell of, of any kind of value: senders are free.
  private func genAIAttribute() -> SpanAttribute {
    let keys = [
      "gen_ai.operation.name", "gen_ai.response.model", "gen_ai.provider.name", "gen_ai.system",
      "gen_ai.conversation.id", "a2a.task.id", "gen_ai.tool.call.id", "gen_ai.usage.output_tokens",
      "gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens", "gen_ai.usage.cache_read.input_tokens",
      "gen_ai.usage.cache_read_input_tokens",
    ]
    let values: [SpanValue] = [
      .string("name \(below(5))"), .string("\(below(500))"), .int(Int64(below(500)) - 9),
      .double(Double(below(90)) / 4),
      .bool(true), .nested("[1]"), .bytes([1, 2]),
    ]
    return SpanAttribute(keys[below(keys.count)], values[below(values.count)])
  }
}

/// What a store should say, kept as plainly as can be.
struct PlainSpans {
  private(set) var versions: [TraceID: [Span]] = [:]

  mutating func append(_ spans: [Span]) { for span in spans { versions[span.traceID, default: []].append(span) } }

  func spans(of trace: TraceID) -> [Span] {
    var bySpan: [SpanID: [Span]] = [:]
    for version in versions[trace] ?? [] { bySpan[version.spanID, default: []].append(version) }
    return bySpan.values.map(Self.join).sorted { ($0.start, $0.spanID) < ($1.start, $1.spanID) }
  }

  /// Ended before lost before active, of one kind the later arrival; attributes that it does not name from the others.
  private static func join(_ versions: [Span]) -> Span {
    func importance(_ state: SpanState) -> Int { state.hasEnded ? 2 : state == .lost ? 1 : 0 }
    var order = Array(versions.indices)
    order.sort { (importance(versions[$0].state), $0) > (importance(versions[$1].state), $1) }
    var joined = versions[order[0]]
    for index in order.dropFirst() {
      let named = Set(joined.attributes.map(\.key))
      joined.attributes += versions[index].attributes.filter { !named.contains($0.key) }
    }
    return joined
  }

  var traces: [TraceID] { versions.keys.sorted() }

  /// Traces with a span that fits, the latest fitting start first.
  func search(_ query: TraceQuery) -> [(trace: TraceID, start: Int64)] {
    traces.compactMap { trace in
      let starts = spans(of: trace).filter { Self.fits($0, query) }.map(\.start)
      return starts.max().map { (trace, $0) }
    }.sorted { ($0.start, $0.trace) > ($1.start, $1.trace) }
  }

  static func fits(_ span: Span, _ query: TraceQuery) -> Bool {
    guard query.range.contains(span.start) else { return false }
    if let agent = query.agent, agent != span.agent { return false }
    if let operation = query.operation, operation != span.operation { return false }
    if let states = query.states, !states.contains(span.state) { return false }
    if query.minimumDuration != nil || query.maximumDuration != nil {
      guard let end = span.end else { return false }
      if let least = query.minimumDuration, end - span.start < least { return false }
      if let most = query.maximumDuration, end - span.start > most { return false }
    }
    return query.attributes.allSatisfy { key, value in
      (span.attributes + span.resource).contains { $0.key == key && $0.value.text == value }
    }
  }

  /// Started, neither ended nor lost.
  var open: Set<SpanKey> {
    var open: Set<SpanKey> = []
    for trace in traces {
      for span in spans(of: trace) where span.state == .active {
        open.insert(SpanKey(traceID: trace, spanID: span.spanID))
      }
    }
    return open
  }
}

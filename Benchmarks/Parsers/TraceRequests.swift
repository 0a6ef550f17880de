import FleetModel
import WireFormats

/// What a request of ten traces of 20 spans over five agents costs the reading and writing of OTLP: spans of about 300 bytes
/// with eight attributes.
enum TraceRequests {
  static func measure() {
    let spans = spans()
    guard let batch = SpanBatch(spans) else { fatalError("too long") }
    let decoder = OTLPTraceDecoder()
    let clock = ContinuousClock()
    for encoding in OTLPEncoding.allCases {
      let body = OTLPTraceEncoder.encode(batch, as: encoding)
      var best = (decode: Duration.seconds(1000), encode: Duration.seconds(1000))
      for _ in 0..<300 {
        do {
          best.decode = min(best.decode, try clock.measure { _ = try decoder.decode(body, as: encoding) })
        } catch {
          fatalError("\(error)")
        }
        best.encode = min(best.encode, clock.measure { _ = OTLPTraceEncoder.encode(batch, as: encoding) })
      }
      print(
        "OTLP \(encoding), \(spans.count) spans of \(body.count / spans.count) bytes: decode "
          + "\(nanoseconds(best.decode, spans.count)) ns a span, encode "
          + "\(nanoseconds(best.encode, spans.count)) ns a span")
    }
  }

  private static func nanoseconds(_ duration: Duration, _ count: Int) -> Double {
    let seconds = Double(duration.components.attoseconds) / 1e18 + Double(duration.components.seconds)
    return (seconds * 1e10 / Double(count)).rounded() / 10
  }

  private static func spans() -> [Span] {
    let services = ["planner", "retriever", "executor", "llm-gateway", "memory"]
    let operations = ["plan", "retrieve", "embed", "generate", "store", "review"]
    var state: UInt64 = 7
    func random() -> UInt64 {
      state = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9 &+ 0x9e37_79b9_7f4a_7c15
      return state ^ state >> 31
    }
    var spans: [Span] = []
    for (service, name) in services.enumerated() {
      let resource = [
        SpanAttribute("service.name", .string(name)), SpanAttribute("service.version", .string("1.4.2")),
        SpanAttribute("host.name", .string("node-" + name)),
      ]
      for trace in 1...10 {
        for index in stride(from: service, to: 20, by: 5) {
          guard let traceID = TraceID(high: UInt64(trace), low: 9), let spanID = SpanID(rawValue: random() | 1) else {
            continue
          }
          let start = 1_700_000_000_000_000_000 + Int64(index) * 2_000_000
          let number = random()
          let operation = operations[Int(number % 6)]
          var span = Span(
            traceID: traceID, spanID: spanID, parentID: index == 0 ? nil : SpanID(rawValue: number | 1),
            operation: "agent." + operation, agent: name, kind: .server, state: .completed, start: start,
            end: start + 5_000_000)
          span.resource = resource
          span.scope = InstrumentationScope(name: "agent-sdk", version: "0.9.1")
          span.attributes = [
            SpanAttribute("agent.id", .string("agent-\(1000 + number % 500)")),
            SpanAttribute("operation", .string(operation)),
            SpanAttribute("peer.service", .string(services[Int((number >> 24) % 5)])),
            SpanAttribute("http.request.method", .string("POST")),
            SpanAttribute("url.path", .string("/v1/tasks/" + String(number >> 32, radix: 16))),
            SpanAttribute("http.response.status_code", .int(200)),
            SpanAttribute("llm.tokens.input", .int(Int64(number % 4096))),
            SpanAttribute("llm.tokens.output", .int(Int64(number % 1024))),
          ]
          spans.append(span)
        }
      }
    }
    return spans
  }
}

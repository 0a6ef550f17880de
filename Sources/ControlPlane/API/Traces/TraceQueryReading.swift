import FleetModel
import TraceAnalysis

extension TraceQuery {
  /// The parameters by which a request says which traces it means.
  static let parameters: [APIRoute.Parameter] = [
    .init(name: "window", kind: .text, summary: "A duration before end; 1h where neither it nor start is given"),
    .init(name: "start", kind: .text, summary: "RFC 3339; in place of window"),
    .init(name: "end", kind: .text, summary: "RFC 3339; now where it is not given"),
    .init(name: "agent_id", kind: .text, summary: "Traces with a span of this agent"),
    .init(name: "operation", kind: .text, summary: "and of this operation"),
    .init(
      name: "status", kind: .choice(["any", "active", "completed", "error", "lost"], default: "any"),
      summary: "and in this state"),
    .init(name: "attribute", kind: .texts, summary: "and with this attribute: NAME=VALUE; of the span or its resource"),
    .init(name: "min_duration", kind: .text, summary: "and at least so long, such as 500ms"),
    .init(name: "max_duration", kind: .text, summary: "and at most so long"),
  ]

  /// - Throws: ``APIError`` that names the parameter.
  init(_ request: APIRequest, now: Timestamp) throws(APIError) {
    let end = try request.moment("end") ?? now.nanoseconds
    let start: Int64
    if let given = try request.moment("start") {
      if request.text("window") != nil { throw APIError(.invalidRequest, "start and window are both given; give one") }
      start = given
    } else {
      start = Swift.max(0, end &- (try request.length("window") ?? 3_600_000_000_000))
    }
    guard start < end else { throw APIError(.invalidRequest, "start is not before end; exchange them") }
    self.init(range: start..<end, agent: request.text("agent_id"), operation: request.text("operation"))
    switch request.text("status") {
    case "active": states = [.active]
    case "completed": states = [.completed, .ok]
    case "error": states = [.error]
    case "lost": states = [.lost]
    default: break
    }
    minimumDuration = try request.length("min_duration")
    maximumDuration = try request.length("max_duration")
    attributes = try request.attributes("attribute")
  }
}

extension APIRequest {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  func moment(_ name: String) throws(APIError) -> Int64? {
    guard let text = text(name) else { return nil }
    guard let time = RFC3339.parseNanoseconds(text), time >= 0 else {
      let expected =
        RFC3339.parse(text) == nil
        ? "a time such as 2026-11-23T01:02:03Z" : "a time from 1970-01-01T00:00:00Z to 2262-04-11T23:47:16Z"
      throw APIError(.invalidRequest, "query parameter \(name) is \"\(text.prefix(100))\"; expected \(expected)")
    }
    return time
  }

  /// Nanoseconds, above zero.
  func length(_ name: String) throws(APIError) -> Int64? {
    guard let text = text(name) else { return nil }
    guard let duration = PrometheusDuration.parse(text), duration > .zero else {
      throw APIError(
        .invalidRequest,
        "query parameter \(name) is \"\(text.prefix(100))\"; expected a duration such as 5m or 1h30m, of at most 292y")
    }
    let (nanoseconds, isTooLong) = duration.wholeMilliseconds.multipliedReportingOverflow(by: 1_000_000)
    return isTooLong ? .max : nanoseconds
  }

  func attributes(_ name: String) throws(APIError) -> [String: String] {
    var attributes: [String: String] = [:]
    for text in form.all(name) {
      let key = text.prefix { $0 != "=" }
      guard !key.isEmpty, key.count < text.count else {
        throw APIError(
          .invalidRequest, "query parameter \(name) is \"\(text.prefix(100))\"; expected NAME=VALUE")
      }
      if attributes.updateValue(String(text.dropFirst(key.count + 1)), forKey: String(key)) != nil {
        throw APIError(.invalidRequest, "query parameter \(name) names \"\(key.prefix(100))\" twice")
      }
    }
    return attributes
  }

  func traceID(_ name: String = "trace_id") throws(APIError) -> TraceID {
    let text = segment(name)
    guard let trace = TraceID(text) else {
      throw APIError(
        .invalidRequest, "\"\(text.prefix(100))\" is not a trace's id; it has 32 hex digits, not all zero")
    }
    return trace
  }
}

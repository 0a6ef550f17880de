import FleetModel

/// The body of `POST /fleet/v1/spans` (SPEC §11) for spans in flight.
enum StartMessage {
  static func json(of spans: [Span]) -> String { "[" + spans.map(json).joined(separator: ",") + "]" }

  private static func json(_ span: Span) -> String {
    var fields = [
      "\"trace_id\":\"\(span.traceID)\"", "\"span_id\":\"\(span.spanID)\"",
      "\"operation\":" + AttributeJSON.quoted(span.operation), "\"agent_id\":" + AttributeJSON.quoted(agent(of: span)),
      "\"kind\":\"\(span.kind)\"", "\"start_time\":\"\(time(span.start))\"", "\"status\":\"active\"",
      "\"metadata\":" + object(span.attributes), "\"resource\":" + object(span.resource),
    ]
    if let parent = span.parentID { fields.append("\"parent_span_id\":\"\(parent)\"") }
    return "{" + fields.joined(separator: ",") + "}"
  }

  /// As the receiver finds the agent of the span's end.
  private static func agent(of span: Span) -> String {
    for list in [span.attributes, span.resource] {
      for key in ["gen_ai.agent.id", "gen_ai.agent.name"] {
        if case .string(let name)? = list.first(where: { $0.key == key })?.value, !name.isEmpty { return name }
      }
    }
    return span.agent
  }

  private static func object(_ attributes: [SpanAttribute]) -> String {
    "{" + attributes.map { AttributeJSON.quoted($0.key) + ":" + AttributeJSON.text($0.value) }.joined(separator: ",")
      + "}"
  }

  /// RFC 3339 with nanoseconds.
  private static func time(_ nanoseconds: Int64) -> String {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let whole = RFC3339.format(Timestamp(milliseconds: seconds * 1000)).prefix(19)
    let digits = String(rest)
    return whole + "." + String(repeating: "0", count: 9 - digits.count) + digits + "Z"
  }
}

import FleetModel

/// The body of `POST /fleet/v1/spans` (SPEC §11) for spans in flight, and for the ends of those whose whole was lost, in short:
/// of the attributes those that name the agent, then those of `gen_ai.`, then others as far as there is room.
enum StartMessage {
  static func json(of spans: [Span]) -> String { "[" + spans.map(json).joined(separator: ",") + "]" }

  /// Of a request: the receiver takes 1 MiB.
  static let requestBytes = 512 << 10
  private static let objectBytes = 4096
  private static let valueBytes = 512

  /// The list in parts of which each has at most ``requestBytes``, or is one element.
  static func pieces<Element>(of list: [Element], size: (Element) -> Int) -> [[Element]] {
    var pieces: [[Element]] = []
    var bytes = 0
    for element in list {
      let size = size(element) + 1
      if pieces.isEmpty || bytes + size > requestBytes - 2 {
        pieces.append([element])
        bytes = size
      } else {
        pieces[pieces.count - 1].append(element)
        bytes += size
      }
    }
    return pieces
  }

  static func json(_ span: Span) -> String {
    var fields = [
      "\"trace_id\":\"\(span.traceID)\"", "\"span_id\":\"\(span.spanID)\"",
      "\"operation\":" + AttributeJSON.quoted(span.operation), "\"agent_id\":" + AttributeJSON.quoted(agent(of: span)),
      "\"kind\":\"\(span.kind)\"", "\"start_time\":\"\(time(span.start))\"", "\"status\":\"\(status(of: span))\"",
      "\"metadata\":" + object(span.attributes), "\"resource\":" + object(span.resource),
    ]
    if let parent = span.parentID { fields.append("\"parent_span_id\":\"\(parent)\"") }
    if let end = span.end { fields.append("\"end_time\":\"\(time(end))\"") }
    if !span.statusMessage.isEmpty { fields.append("\"status_message\":" + AttributeJSON.quoted(span.statusMessage)) }
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

  private static func status(of span: Span) -> String {
    if span.end == nil { return "active" }
    return span.state == .error ? "error" : "completed"
  }

  private static func object(_ attributes: [SpanAttribute]) -> String {
    func rank(_ key: String) -> Int {
      if key.hasPrefix("gen_ai.agent.") || key.hasPrefix("service.") { return 0 }
      return key.hasPrefix("gen_ai.") ? 1 : 2
    }
    var parts: [String] = []
    var bytes = 0
    for attribute in attributes.sorted(by: { (rank($0.key), $0.key) < (rank($1.key), $1.key) }) {
      var value = attribute.value
      if case .string(let text) = value { value = .string(SpanLimits.prefix(of: text, bytes: valueBytes)) }
      let part = AttributeJSON.quoted(attribute.key) + ":" + AttributeJSON.text(value)
      if bytes + part.utf8.count > objectBytes { continue }
      bytes += part.utf8.count
      parts.append(part)
    }
    return "{" + parts.joined(separator: ",") + "}"
  }

  /// RFC 3339 with nanoseconds.
  private static func time(_ nanoseconds: Int64) -> String {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let whole = RFC3339.format(Timestamp(milliseconds: seconds * 1000)).prefix(19)
    let digits = String(rest)
    return whole + "." + String(repeating: "0", count: 9 - digits.count) + digits + "Z"
  }
}

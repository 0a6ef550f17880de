import FleetModel

extension Span {
  private static let keys = [
    "trace_id", "span_id", "parent_span_id", "operation", "agent_id", "kind", "start_time", "end_time", "duration_ms",
    "status", "status_message", "metadata", "logs", "links", "trace_state", "resource", "instance",
  ]

  /// Reads a span of `POST /fleet/v1/spans`.
  ///
  /// Without `end_time` and `duration_ms` it is in flight, and is ended by a further message or by its `finish`. Ids that are
  /// left out are made: `trace_id` begins a trace.
  ///
  /// - Parameter now: nanoseconds since 1970; when it starts where it does not say.
  /// - Throws: ``APIError`` with every problem.
  init(document: JSONValue, now: Int64, using random: inout some RandomNumberGenerator) throws(APIError) {
    var fields = try FieldReader(document)
    fields.refuseOthers(than: Self.keys)
    fields.require("operation")
    fields.require("agent_id")
    let trace = fields.traceID("trace_id") ?? TraceID(using: &random)
    let span = fields.spanID("span_id") ?? SpanID(using: &random)
    let start = fields.nanoseconds("start_time") ?? now
    var end = fields.nanoseconds("end_time")
    if let milliseconds = fields.number("duration_ms") {
      let sum = Double(start) + milliseconds * 1e6
      if milliseconds < 0 || sum >= 9.2e18 {
        fields.add(problem: "duration_ms is \(milliseconds); expected milliseconds from 0")
      } else if end == nil {
        end = start &+ Int64(milliseconds * 1e6)
      }
    }
    if let end, end < start { fields.add(problem: "end_time is before start_time") }
    self.init(
      traceID: trace, spanID: span, operation: fields.string("operation") ?? "", agent: fields.string("agent_id") ?? "",
      kind: fields.kind("kind") ?? .internal, start: start, end: end)
    parentID = fields.spanID("parent_span_id")
    state = fields.status("status", hasEnd: end != nil)
    statusMessage = fields.string("status_message") ?? ""
    traceState = fields.string("trace_state") ?? ""
    attributes = fields.attributes("metadata")
    resource = fields.attributes("resource")
    if let instance = fields.string("instance"), !resource.contains(where: { $0.key == "service.instance.id" }) {
      resource.append(SpanAttribute("service.instance.id", .string(instance)))
    }
    events = fields.elements("logs") { log throws(APIError) in
      SpanEvent(
        time: log.nanoseconds("timestamp") ?? now, name: log.string("message") ?? "",
        attributes: log.attributes("metadata"))
    }
    links = fields.elements("links") { link throws(APIError) in
      guard let trace = link.traceID("trace_id"), let span = link.spanID("span_id") else {
        link.require("trace_id")
        link.require("span_id")
        return nil
      }
      return SpanLink(traceID: trace, spanID: span, attributes: link.attributes("metadata"))
    }
    try fields.finish("span")
  }
}

/// The body of `POST /fleet/v1/spans/SPAN/finish`.
struct SpanFinish: Sendable, Hashable {
  var trace: TraceID?
  /// Nanoseconds since 1970.
  var end: Int64?
  var state = SpanState.completed
  var statusMessage = ""
  var attributes: [SpanAttribute] = []

  /// - Throws: ``APIError`` with every problem.
  init(document: JSONValue?) throws(APIError) {
    guard let document else { return }
    var fields = try FieldReader(document)
    fields.refuseOthers(than: ["trace_id", "end_time", "status", "status_message", "metadata"])
    trace = fields.traceID("trace_id")
    end = fields.nanoseconds("end_time")
    state = fields.status("status", hasEnd: true)
    statusMessage = fields.string("status_message") ?? ""
    attributes = fields.attributes("metadata")
    try fields.finish("end of a span")
  }
}

extension FieldReader {
  mutating func traceID(_ key: String) -> TraceID? {
    guard let text = string(key) else { return nil }
    if let id = TraceID(text) { return id }
    add(problem: "\(key) is \"\(text.prefix(100))\"; expected 32 hex digits, not all zero")
    return nil
  }

  mutating func spanID(_ key: String) -> SpanID? {
    guard let text = string(key) else { return nil }
    if let id = SpanID(text) { return id }
    add(problem: "\(key) is \"\(text.prefix(100))\"; expected 16 hex digits, not all zero")
    return nil
  }

  /// A time since 1970.
  mutating func nanoseconds(_ key: String) -> Int64? {
    guard let text = string(key) else { return nil }
    if let time = RFC3339.parseNanoseconds(text), time >= 0 { return time }
    add(
      problem:
        "\(key) is \"\(text.prefix(100))\"; expected RFC 3339 from 1970 to 2262, such as 2026-11-23T01:02:03.004Z")
    return nil
  }

  mutating func kind(_ key: String) -> SpanKind? {
    guard let text = string(key) else { return nil }
    if let kind = SpanKind.allCases.first(where: { "\($0)" == text }) { return kind }
    let known = SpanKind.allCases.map { "\"\($0)\"" }.joined(separator: ", ")
    add(problem: "\(key) is \"\(text.prefix(100))\"; expected one of \(known)")
    return nil
  }

  /// What has no end is active, and the other way round.
  mutating func status(_ key: String, hasEnd: Bool) -> SpanState {
    guard let text = string(key) else { return hasEnd ? .completed : .active }
    switch (text, hasEnd) {
    case ("active", false): return .active
    case ("completed", true): return .completed
    case ("error", true): return .error
    case ("completed", false), ("error", false):
      add(problem: "\(key) is \"\(text)\", and there is no end_time; add it, or leave status out")
    case ("active", true): add(problem: "\(key) is \"active\", and there is an end; leave one of them out")
    default: add(problem: "\(key) is \"\(text.prefix(100))\"; expected \"active\", \"completed\" or \"error\"")
    }
    return hasEnd ? .completed : .active
  }

  mutating func attributes(_ key: String) -> [SpanAttribute] {
    guard let value = raw(key) else { return [] }
    guard case .object(let members) = value else {
      add(problem: "\(key) is \(value.kind); expected an object")
      return []
    }
    return SpanAttribute.list(members)
  }

  mutating func elements<Element>(
    _ key: String, _ read: (inout FieldReader) throws(APIError) -> Element?
  ) -> [Element] {
    guard let value = raw(key) else { return [] }
    guard case .array(let elements) = value else {
      add(problem: "\(key) is \(value.kind); expected an array of objects")
      return []
    }
    var result: [Element] = []
    for (index, element) in elements.enumerated() {
      do throws(APIError) {
        var fields = try FieldReader(element)
        let read = try read(&fields)
        try fields.finish("element")
        if let read { result.append(read) }
      } catch {
        add(problem: "\(key)[\(index)]: \(error.message)")
      }
    }
    return result
  }
}

import FleetModel
import HTTPTypes
import NIOCore

/// Traces as Jaeger's screens and Grafana's data source read them: its model of JSON
/// (jaegertracing/jaeger `internal/uimodel/model.go`).
///
/// A service is an agent; what differs in agent or resource is a process of its own, `p1`, `p2` and so on. Kind, status and scope
/// are tags under the names that OpenTelemetry gives them in Jaeger
/// (<https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/>).
struct JaegerJSON {
  fileprivate var json = PrometheusJSON()

  /// The envelope around `data`.
  static func answer(total: Int, _ data: (inout JaegerJSON) -> Void) -> APIResponse {
    var writer = JaegerJSON()
    writer.json.raw("{\"data\":")
    data(&writer)
    writer.json.raw(",\"total\":\(total),\"limit\":0,\"offset\":0,\"errors\":null}")
    return APIResponse(status: .ok, contentType: APIResponse.json, content: .bytes(writer.json.buffer))
  }

  mutating func strings(_ texts: [String]) { list(texts) { $0.json.string($1) } }

  mutating func operations(_ operations: [SpanOperation]) {
    list(operations) { writer, operation in
      writer.json.raw("{\"name\":")
      writer.json.string(operation.name)
      writer.json.raw(",\"spanKind\":")
      writer.json.string(operation.kind == .unspecified ? "" : "\(operation.kind)")
      writer.json.raw("}")
    }
  }

  mutating func dependencies(_ links: [(parent: String, child: String, calls: Int)]) {
    list(links) { writer, link in
      writer.json.raw("{\"parent\":")
      writer.json.string(link.parent)
      writer.json.raw(",\"child\":")
      writer.json.string(link.child)
      writer.json.raw(",\"callCount\":\(link.calls)}")
    }
  }

  private struct Process: Hashable {
    var agent: String
    var resource: [SpanAttribute]
  }

  fileprivate mutating func trace(_ spans: [Span]) {
    var numbers: [Process: Int] = [:]
    var processes: [Process] = []
    json.raw("{\"traceID\":\"\(spans.first.map { "\($0.traceID)" } ?? "")\",\"spans\":")
    list(spans) { writer, span in
      let process = Process(agent: span.agent, resource: span.resource)
      let number: Int
      if let known = numbers[process] {
        number = known
      } else {
        processes.append(process)
        number = processes.count
        numbers[process] = number
      }
      writer.span(span, process: number)
    }
    json.raw(",\"processes\":{")
    for (index, process) in processes.enumerated() {
      json.raw("\(index > 0 ? "," : "")\"p\(index + 1)\":{\"serviceName\":")
      json.string(process.agent)
      json.raw(",\"tags\":")
      tags(process.resource.filter { $0.key != "service.name" })
      json.raw("}")
    }
    json.raw("},\"warnings\":null}")
  }

  private mutating func span(_ span: Span, process: Int) {
    json.raw("{\"traceID\":\"\(span.traceID)\",\"spanID\":\"\(span.spanID)\"")
    if span.flags & 0xff != 0 { json.raw(",\"flags\":\(span.flags & 0xff)") }
    json.raw(",\"operationName\":")
    json.string(span.operation)
    json.raw(",\"references\":")
    let parent = span.parentID.map { [("CHILD_OF", span.traceID, $0)] } ?? []
    list(parent + span.links.map { ("FOLLOWS_FROM", $0.traceID, $0.spanID) }) { writer, reference in
      writer.json.raw("{\"refType\":\"\(reference.0)\",\"traceID\":\"\(reference.1)\",\"spanID\":\"\(reference.2)\"}")
    }
    json.raw(",\"startTime\":\(span.start / 1000),\"duration\":\(max(0, span.duration ?? 0) / 1000),\"tags\":")
    tags(span.attributes + Self.derivedTags(of: span))
    json.raw(",\"logs\":")
    list(span.events) { writer, event in
      writer.json.raw("{\"timestamp\":\(event.time / 1000),\"fields\":")
      let name = event.name.isEmpty ? [] : [SpanAttribute("event", .string(event.name))]
      writer.tags(name + event.attributes)
      writer.json.raw("}")
    }
    json.raw(",\"processID\":\"p\(process)\",\"warnings\":")
    switch span.state {
    case .active: json.raw("[\"the span has not ended yet\"]}")
    case .lost: json.raw("[\"the span will not end: its instance died\"]}")
    case .completed, .ok, .error: json.raw("null}")
    }
  }

  private static func derivedTags(of span: Span) -> [SpanAttribute] {
    var tags: [SpanAttribute] = []
    if span.kind != .unspecified { tags.append(SpanAttribute("span.kind", .string("\(span.kind)"))) }
    switch span.state {
    case .ok: tags.append(SpanAttribute("otel.status_code", .string("OK")))
    case .error:
      tags.append(SpanAttribute("otel.status_code", .string("ERROR")))
      if !span.attributes.contains(where: { $0.key == "error" }) { tags.append(SpanAttribute("error", .bool(true))) }
    case .active, .completed, .lost: break
    }
    func add(_ key: String, _ text: String) {
      if !text.isEmpty { tags.append(SpanAttribute(key, .string(text))) }
    }
    add("otel.status_description", span.statusMessage)
    add("otel.scope.name", span.scope.name)
    add("otel.scope.version", span.scope.version)
    add("w3c.tracestate", span.traceState)
    return tags
  }

  private mutating func tags(_ attributes: [SpanAttribute]) {
    list(attributes) { writer, attribute in
      writer.json.raw("{\"key\":")
      writer.json.string(attribute.key)
      switch attribute.value {
      case .string(let text), .nested(let text):
        writer.json.raw(",\"type\":\"string\",\"value\":")
        writer.json.string(text)
      case .bool(let value): writer.json.raw(",\"type\":\"bool\",\"value\":\(value)")
      case .int(let value): writer.json.raw(",\"type\":\"int64\",\"value\":\(value)")
      case .double(let value) where value.isFinite: writer.json.raw(",\"type\":\"float64\",\"value\":\(value)")
      case .double(let value):
        // JSON has no word for it.
        writer.json.raw(",\"type\":\"string\",\"value\":\"\(value)\"")
      case .bytes:
        writer.json.raw(",\"type\":\"binary\",\"value\":")
        writer.json.string(attribute.value.text)
      }
      writer.json.raw("}")
    }
  }

  private mutating func list<Element>(_ elements: [Element], _ write: (inout JaegerJSON, Element) -> Void) {
    json.raw("[")
    for (index, element) in elements.enumerated() {
      if index > 0 { json.raw(",") }
      write(&self, element)
    }
    json.raw("]")
  }
}

/// An answer with traces, written trace by trace: no more than one of them is in memory but for its JSON.
struct JaegerTraces {
  /// What one answer has at most; Jaeger's screens and Grafana read it whole.
  struct Bounds: Sendable, Hashable {
    var spans = 200_000
    var bytes = 256 << 20
  }

  private let bounds: Bounds
  private var writer = JaegerJSON()
  private(set) var count = 0
  private var spans = 0
  private(set) var isFull = false

  init(bounds: Bounds = Bounds()) {
    self.bounds = bounds
    writer.json.raw("{\"data\":[")
  }

  /// Adds a trace, unless the answer has another and is full with this one.
  mutating func add(_ trace: [Span]) {
    guard count == 0 || spans + trace.count <= bounds.spans, writer.json.buffer.readableBytes <= bounds.bytes else {
      isFull = true
      return
    }
    if count > 0 { writer.json.raw(",") }
    count += 1
    spans += trace.count
    writer.trace(trace)
  }

  /// - Parameter leftOut: how many traces that were found, or looked for, are not in it.
  consuming func answer(leftOut: Int = 0) -> APIResponse {
    writer.json.raw("],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":")
    if isFull {
      writer.json.raw("[{\"code\":\(HTTPResponse.Status.contentTooLarge.code),\"msg\":")
      writer.json.string(
        "an answer has at most \(bounds.spans) spans or \(bounds.bytes >> 20) MiB: \(leftOut) of the traces that were found were "
          + "not looked at; narrow the search or lower limit")
      writer.json.raw("}]}")
    } else {
      writer.json.raw("null}")
    }
    return APIResponse(status: .ok, contentType: APIResponse.json, content: .bytes(writer.json.buffer))
  }
}

import FleetModel
import Tracing

/// Turns the tracer's spans into the model's, as they are sent.
struct SpanReading: Sendable {
  let limits: SpanLimits
  /// Of the process, sorted by key.
  let resource: [FleetModel.SpanAttribute]
  let agent: String

  init(limits: SpanLimits, resource: [String: String]) {
    self.limits = limits
    self.resource = resource.sorted { $0.key < $1.key }.map { FleetModel.SpanAttribute($0.key, .string($0.value)) }
    agent = resource["service.name"] ?? "unknown_service"
  }

  func span(_ source: SkepSpan) -> FleetModel.Span {
    let content = source.reading()
    var span = FleetModel.Span(
      traceID: source.trace.traceID, spanID: source.trace.spanID, parentID: source.parentID,
      operation: limits.cut(content.name), agent: agent, kind: Self.kind(source.kind), state: Self.state(content),
      start: source.start, end: content.end)
    span.statusMessage = content.status?.code == .error ? limits.cut(content.status?.message ?? "") : ""
    span.traceState = source.trace.tracestate ?? ""
    // The low byte as in `traceparent`.
    span.flags = (source.trace.isSampled ? 1 : 0) | (source.trace.hasRandomTraceID ? 2 : 0)
    var dropped = DroppedCounts(
      attributes: content.droppedAttributes, events: content.droppedEvents, links: content.droppedLinks)
    span.attributes = attributes(content.attributes, atMost: limits.attributes, dropped: &dropped.attributes)
    span.events = content.events.map { event in
      return FleetModel.SpanEvent(
        time: Int64(clamping: event.nanosecondsSinceEpoch), name: limits.cut(event.name),
        attributes: attributes(event.attributes, atMost: limits.attributesPerEvent, dropped: &dropped.attributes))
    }
    span.links = content.links.compactMap { link in
      guard let target = link.context.traceContext else { return nil }
      return FleetModel.SpanLink(
        traceID: target.traceID, spanID: target.spanID, traceState: target.tracestate ?? "",
        attributes: attributes(link.attributes, atMost: limits.attributesPerLink, dropped: &dropped.attributes))
    }
    span.resource = resource
    span.scope = InstrumentationScope(name: "skep")
    span.dropped = dropped
    return span
  }

  private static func kind(_ kind: Tracing.SpanKind) -> FleetModel.SpanKind {
    switch kind {
    case .server: .server
    case .client: .client
    case .producer: .producer
    case .consumer: .consumer
    case .internal: .internal
    }
  }

  private static func state(_ content: SpanContent) -> SpanState {
    if content.end == nil { return .active }
    return switch content.status?.code {
    case nil: .completed
    case .ok: .ok
    case .error: .error
    }
  }

  private func attributes(
    _ source: SpanAttributes, atMost most: Int, dropped: inout UInt32
  ) -> [FleetModel.SpanAttribute] {
    var list = source.list.compactMap { key, value in
      self.value(value).map { FleetModel.SpanAttribute(key, $0) }
    }
    list.sort { $0.key < $1.key }
    dropped &+= UInt32(clamping: max(list.count - max(most, 0), 0))
    return Array(list.prefix(max(most, 0)))
  }

  /// `nil` for what has no form.
  private func value(_ value: Tracing.SpanAttribute) -> SpanValue? {
    switch value {
    case .int32(let number): .int(Int64(number))
    case .int64(let number): .int(number)
    case .double(let number): .double(number)
    case .bool(let flag): .bool(flag)
    case .string(let text): .string(limits.cut(text))
    case .stringConvertible(let thing): .string(limits.cut("\(thing)"))
    case .int32Array(let numbers): .nested(AttributeJSON.array(numbers) { .int(Int64($0)) })
    case .int64Array(let numbers): .nested(AttributeJSON.array(numbers) { .int($0) })
    case .doubleArray(let numbers): .nested(AttributeJSON.array(numbers) { .double($0) })
    case .boolArray(let flags): .nested(AttributeJSON.array(flags) { .bool($0) })
    case .stringArray(let texts): .nested(AttributeJSON.array(texts) { .string(limits.cut($0)) })
    case .stringConvertibleArray(let things): .nested(AttributeJSON.array(things) { .string(limits.cut("\($0)")) })
    default: nil
    }
  }
}

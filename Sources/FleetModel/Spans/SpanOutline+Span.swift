extension SpanOutline {
  /// The outline of a whole span.
  ///
  /// Attributes are those of OpenTelemetry's conventions for generative AI (<https://opentelemetry.io/docs/specs/semconv/gen-ai/>);
  /// where a span has no such attribute, the name that older versions had is taken: `gen_ai.system`,
  /// `gen_ai.usage.prompt_tokens`, `gen_ai.usage.completion_tokens`. Linear in the attributes.
  public init(_ span: Span, names: inout NameTable) {
    self.init(
      spanID: span.spanID, parent: span.parentID?.rawValue ?? 0, start: span.start,
      end: span.state.hasEnded ? max(span.end ?? span.start, span.start) : span.start,
      agent: names.number(of: span.agent), operation: names.number(of: span.operation), kind: span.kind,
      state: span.state)
    var older = (prompt: Int64(-1), completion: Int64(-1), cached: Int64(-1))
    for attribute in span.attributes {
      switch attribute.key {
      case "gen_ai.operation.name": genAIOperation = names.number(of: attribute.value.text)
      case "gen_ai.response.model": model = names.number(of: attribute.value.text)
      case "gen_ai.request.model": if model.isNone { model = names.number(of: attribute.value.text) }
      case "gen_ai.provider.name": provider = names.number(of: attribute.value.text)
      case "gen_ai.system": if provider.isNone { provider = names.number(of: attribute.value.text) }
      case "gen_ai.conversation.id": conversation = names.number(of: attribute.value.text)
      case "a2a.task.id": task = names.number(of: attribute.value.text)
      case "gen_ai.tool.call.id": toolCall = names.number(of: attribute.value.text)
      case "gen_ai.usage.input_tokens": inputTokens = attribute.value.count
      case "gen_ai.usage.output_tokens": outputTokens = attribute.value.count
      case "gen_ai.usage.cache_read.input_tokens": cachedTokens = attribute.value.count
      case "gen_ai.usage.prompt_tokens": older.prompt = attribute.value.count
      case "gen_ai.usage.completion_tokens": older.completion = attribute.value.count
      case "gen_ai.usage.cache_read_input_tokens": older.cached = attribute.value.count
      default: break
      }
    }
    if inputTokens < 0 { inputTokens = older.prompt }
    if outputTokens < 0 { outputTokens = older.completion }
    if cachedTokens < 0 { cachedTokens = older.cached }
    if let name = Self.instance(of: span.resource) { instance = names.number(of: name) }
  }

  /// Whose clock the spans of a resource are timed by: see ``instance``.
  package static func instance(of resource: [SpanAttribute]) -> String? {
    for key in ["service.instance.id", "host.id", "host.name"] {
      if let name = resource.first(where: { $0.key == key })?.value.text, !name.isEmpty { return name }
    }
    return nil
  }
}

extension TraceOutline {
  /// The spans of one trace in outline, in their order.
  ///
  /// - Returns: `nil` where there is no span.
  public init?(_ spans: [Span], names: inout NameTable) {
    guard let first = spans.first else { return nil }
    self.init(traceID: first.traceID, spans: spans.map { SpanOutline($0, names: &names) })
  }
}

extension SpanValue {
  /// As a count of something, which some senders write as text or with a fraction; -1 where it is none.
  package var count: Int64 {
    switch self {
    case .int(let value): max(value, -1)
    case .double(let value): value >= 0 ? Int64(exactly: value.rounded()) ?? -1 : -1
    case .string(let text): Int64(text).map { max($0, -1) } ?? -1
    case .bool, .bytes, .nested: -1
    }
  }
}

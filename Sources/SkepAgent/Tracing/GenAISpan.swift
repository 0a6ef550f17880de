public import Tracing

/// A span of a generative AI system, by OpenTelemetry's conventions
/// (<https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/>). Skep counts tokens and cost by them.
///
/// ```swift
/// try await withAgentSpan("planner", conversation: "c-17") { _ in
///   try await withChatSpan(model: "large-1", provider: "acme") { chat in
///     let answer = try await model.complete(prompt)
///     chat.record(TokenUsage(input: answer.promptTokens, output: answer.completionTokens))
///   }
///   try await withToolSpan("search", callID: call.id) { _ in try await search(call.arguments) }
/// }
/// ```
public struct GenAISpan: Sendable {
  public let span: any Span

  /// What the model has read and written. Recorded where the model was called and nowhere above it, it counts once.
  public func record(_ usage: TokenUsage) {
    span.changeAttributes {
      $0["gen_ai.usage.input_tokens"] = usage.input
      $0["gen_ai.usage.output_tokens"] = usage.output
      if let cached = usage.cachedInput { $0["gen_ai.usage.cache_read.input_tokens"] = cached }
    }
  }

  /// The model that answered, where it is not the one that was asked for.
  public func answered(by model: String) { set("gen_ai.response.model", .string(model)) }

  /// Why the model stopped, such as `stop` or `tool_call`.
  public func finished(_ reasons: [String]) { set("gen_ai.response.finish_reasons", .stringArray(reasons)) }

  func set(_ key: String, _ value: SpanAttribute?) {
    guard let value else { return }
    span.changeAttributes { $0[key] = value }
  }
}

public struct TokenUsage: Sendable, Hashable {
  /// Those that were read from a cache among them.
  public var input: Int
  public var output: Int
  public var cachedInput: Int?

  public init(input: Int, output: Int, cachedInput: Int? = nil) {
    self.input = input
    self.output = output
    self.cachedInput = cachedInput
  }
}

/// Runs `body` within a span `invoke_agent NAME`: one agent's part of a piece of work. What `body` throws is recorded.
///
/// - Parameters:
///   - name: what Skep calls the agent whose span this is, unless there is an `id`: the agent's id as in `AGENT_ID`.
///   - id: where the agent has one beside its name.
///   - conversation: what belongs together over several requests.
///   - kind: `.internal` for an agent of this process, `.client` for one that is called elsewhere.
public func withAgentSpan<Value>(
  _ name: String, id: String? = nil, conversation: String? = nil, model: String? = nil, kind: SpanKind = .internal,
  tracer: any Tracer = InstrumentationSystem.tracer, isolation: isolated (any Actor)? = #isolation,
  _ body: (GenAISpan) async throws -> Value
) async rethrows -> Value {
  try await withGenAISpan("invoke_agent", of: name, kind: kind, tracer: tracer) {
    $0["gen_ai.agent.name"] = name
    $0["gen_ai.agent.id"] = id
    $0["gen_ai.conversation.id"] = conversation
    $0["gen_ai.request.model"] = model
  } body: {
    try await body($0)
  }
}

/// Runs `body` within a span `chat MODEL`: one call of a language model. What `body` throws is recorded.
///
/// - Parameter provider: as OpenTelemetry names them, such as `openai` or `aws.bedrock`.
public func withChatSpan<Value>(
  model: String, provider: String? = nil, conversation: String? = nil,
  tracer: any Tracer = InstrumentationSystem.tracer, isolation: isolated (any Actor)? = #isolation,
  _ body: (GenAISpan) async throws -> Value
) async rethrows -> Value {
  try await withGenAISpan("chat", of: model, kind: .client, tracer: tracer) {
    $0["gen_ai.request.model"] = model
    $0["gen_ai.provider.name"] = provider
    $0["gen_ai.conversation.id"] = conversation
  } body: {
    try await body($0)
  }
}

/// Runs `body` within a span `execute_tool NAME`. What `body` throws is recorded.
///
/// - Parameters:
///   - callID: the id by which the model asked for it.
///   - type: `function`, `extension` or `datastore`.
public func withToolSpan<Value>(
  _ name: String, callID: String? = nil, type: String? = nil,
  tracer: any Tracer = InstrumentationSystem.tracer, isolation: isolated (any Actor)? = #isolation,
  _ body: (GenAISpan) async throws -> Value
) async rethrows -> Value {
  try await withGenAISpan("execute_tool", of: name, kind: .internal, tracer: tracer) {
    $0["gen_ai.tool.name"] = name
    $0["gen_ai.tool.call.id"] = callID
    $0["gen_ai.tool.type"] = type
  } body: {
    try await body($0)
  }
}

private func withGenAISpan<Value>(
  _ operation: String, of subject: String, kind: SpanKind, tracer: any Tracer,
  isolation: isolated (any Actor)? = #isolation,
  attributes: (inout SpanAttributes) -> Void, body: (GenAISpan) async throws -> Value
) async rethrows -> Value {
  let span = tracer.startAnySpan(subject.isEmpty ? operation : "\(operation) \(subject)", ofKind: kind)
  defer { span.end() }
  span.changeAttributes {
    $0["gen_ai.operation.name"] = operation
    attributes(&$0)
  }
  do {
    return try await ServiceContext.withValue(span.context) { try await body(GenAISpan(span: span)) }
  } catch {
    span.changeAttributes { $0["error.type"] = String(reflecting: type(of: error)) }
    span.recordError(error)
    span.setStatus(SpanStatus(code: .error, message: "\(error)"))
    throw error
  }
}

extension Tracing.Span {
  /// `updateAttributes` of the protocol reads and then writes, and is what `any Span` gets; ``SkepSpan`` has one that loses
  /// nothing of what other tasks write meanwhile.
  fileprivate func changeAttributes(_ update: (inout SpanAttributes) -> Void) {
    if let span = self as? SkepSpan { return span.updateAttributes(update) }
    updateAttributes(update)
  }
}

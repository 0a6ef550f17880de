import FleetModel
import Testing

@Suite("spans in outline")
struct SpanOutlineTests {
  static func span(_ attributes: [(String, SpanValue)], resource: [(String, SpanValue)] = []) throws -> Span {
    var span = Span(
      traceID: try #require(TraceID(high: 1, low: 2)), spanID: try #require(SpanID(rawValue: 3)),
      parentID: SpanID(rawValue: 4), operation: "chat gpt", agent: "writer", kind: .client, state: .ok, start: 10,
      end: 25)
    span.attributes = attributes.map { SpanAttribute($0.0, $0.1) }
    span.resource = resource.map { SpanAttribute($0.0, $0.1) }
    return span
  }

  @Test func everyAttributeHasItsPlace() throws {
    var names = NameTable()
    let span = try Self.span(
      [
        ("gen_ai.operation.name", .string("chat")), ("gen_ai.request.model", .string("gpt")),
        ("gen_ai.response.model", .string("gpt-4")), ("gen_ai.provider.name", .string("openai")),
        ("gen_ai.conversation.id", .string("c1")), ("a2a.task.id", .string("t1")),
        ("gen_ai.tool.call.id", .string("call1")), ("gen_ai.usage.input_tokens", .int(100)),
        ("gen_ai.usage.output_tokens", .int(7)), ("gen_ai.usage.cache_read.input_tokens", .int(40)),
        ("gen_ai.usage.prompt_tokens", .int(1)), ("gen_ai.system", .string("older")),
      ], resource: [("host.name", .string("h")), ("service.instance.id", .string("i1"))])
    let outline = SpanOutline(span, names: &names)
    #expect(outline.spanID.rawValue == 3 && outline.parent == 4 && outline.start == 10 && outline.end == 25)
    #expect(outline.kind == .client && outline.state == .ok)
    let texts = [
      outline.agent, outline.operation, outline.genAIOperation, outline.model, outline.provider,
      outline.conversation, outline.task, outline.toolCall, outline.instance,
    ].map { names[$0] }
    #expect(texts == ["writer", "chat gpt", "chat", "gpt-4", "openai", "c1", "t1", "call1", "i1"])
    #expect(outline.inputTokens == 100 && outline.outputTokens == 7 && outline.cachedTokens == 40)
  }

  @Test func olderNamesCountWhereNewOnesAreMissing() throws {
    var names = NameTable()
    let span = try Self.span(
      [
        ("gen_ai.system", .string("anthropic")), ("gen_ai.request.model", .string("claude")),
        ("gen_ai.usage.prompt_tokens", .string("12")), ("gen_ai.usage.completion_tokens", .double(3)),
      ], resource: [("host.name", .string("h"))])
    let outline = SpanOutline(span, names: &names)
    #expect(names[outline.provider] == "anthropic" && names[outline.model] == "claude")
    #expect(outline.inputTokens == 12 && outline.outputTokens == 3 && outline.cachedTokens == -1)
    #expect(names[outline.instance] == "h")
  }

  @Test(arguments: [
    (SpanValue.int(-5), Int64(-1)), (.double(.nan), -1), (.double(1e300), -1), (.double(2.6), 3), (.string("x"), -1),
    (.string("-3"), -1), (.bool(true), -1), (.bytes([1]), -1), (.int(.max), .max), (.int(0), 0),
  ])
  func whatIsNoCountIsNotTaken(value: SpanValue, count: Int64) throws {
    var names = NameTable()
    #expect(SpanOutline(try Self.span([("gen_ai.usage.input_tokens", value)]), names: &names).inputTokens == count)
  }

  @Test(arguments: [SpanState.active, .lost])
  func whatHasNotEndedEndsWhereItStarts(state: SpanState) throws {
    var names = NameTable()
    var span = try Self.span([])
    span.state = state
    #expect(SpanOutline(span, names: &names).end == 10)
  }

  @Test func aTraceIsItsSpans() throws {
    var names = NameTable()
    #expect(TraceOutline([], names: &names) == nil)
    let outline = try #require(TraceOutline([try Self.span([]), try Self.span([])], names: &names))
    #expect(outline.traceID.low == 2 && outline.spans.count == 2 && names.count == 2)
  }
}

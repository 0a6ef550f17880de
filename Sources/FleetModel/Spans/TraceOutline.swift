/// What analyses of many traces need of a span: no text of its own, names by number.
@frozen public struct SpanOutline: Sendable, Hashable, BitwiseCopyable {
  public var spanID: SpanID
  /// Zero for a root.
  public var parent: UInt64
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public var start: Int64
  /// Nanoseconds since 1970-01-01T00:00:00Z; equal to `start` where the span has no end.
  public var end: Int64
  public var agent: NameID
  public var operation: NameID
  public var kind: SpanKind
  public var state: SpanState
  /// `gen_ai.operation.name`.
  public var genAIOperation: NameID = .none
  /// `gen_ai.response.model`, else `gen_ai.request.model`.
  public var model: NameID = .none
  /// `gen_ai.conversation.id`.
  public var conversation: NameID = .none
  /// `a2a.task.id`.
  public var task: NameID = .none
  /// `gen_ai.tool.call.id`.
  public var toolCall: NameID = .none
  /// `gen_ai.usage.input_tokens`, those read from a cache among them; -1 where the span does not say.
  public var inputTokens: Int64 = -1
  /// `gen_ai.usage.output_tokens`; -1 where the span does not say.
  public var outputTokens: Int64 = -1
  /// `gen_ai.usage.cache_read.input_tokens`; -1 where the span does not say.
  public var cachedTokens: Int64 = -1
  /// `gen_ai.provider.name`, else the older `gen_ai.system`.
  public var provider: NameID = .none
  /// Whose clock `start` and `end` are of: `service.instance.id` of the resource, else `host.id`, else `host.name`.
  public var instance: NameID = .none

  public init(
    spanID: SpanID, parent: UInt64, start: Int64, end: Int64, agent: NameID, operation: NameID, kind: SpanKind,
    state: SpanState
  ) {
    self.spanID = spanID
    self.parent = parent
    self.start = start
    self.end = end
    self.agent = agent
    self.operation = operation
    self.kind = kind
    self.state = state
  }
}

/// The spans of one trace in outline, each span id once, in no particular order.
public struct TraceOutline: Sendable {
  public var traceID: TraceID
  public var spans: [SpanOutline]

  public init(traceID: TraceID, spans: [SpanOutline]) {
    self.traceID = traceID
    self.spans = spans
  }
}

/// A name of a ``NameTable``.
@frozen public struct NameID: Sendable, Hashable, BitwiseCopyable {
  public var rawValue: Int32

  @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }

  @inlinable public static var none: NameID { NameID(rawValue: -1) }
  @inlinable public var isNone: Bool { rawValue < 0 }
}

/// Names and their numbers, in order of their first mention.
public struct NameTable: Sendable {
  public private(set) var names: [String] = []
  private var numbers: [String: Int32] = [:]

  public init() {}

  public mutating func number(of name: String) -> NameID {
    if let known = numbers[name] { return NameID(rawValue: known) }
    let number = Int32(truncatingIfNeeded: names.count)
    names.append(name)
    numbers[name] = number
    return NameID(rawValue: number)
  }

  /// The empty string for ``NameID/none``.
  public subscript(id: NameID) -> String { names.indices.contains(Int(id.rawValue)) ? names[Int(id.rawValue)] : "" }

  public var count: Int { names.count }
}

/// One operation by one agent, whole: what a reader gets of it.
///
/// The shape is OpenTelemetry's (`opentelemetry/proto/trace/v1/trace.proto`); what arrives in bulk travels as ``SpanBatch``.
public struct Span: Sendable, Hashable {
  public var traceID: TraceID
  public var spanID: SpanID
  public var parentID: SpanID?
  public var operation: String
  /// `gen_ai.agent.id` or `gen_ai.agent.name` where the span or its resource has one, else `service.name`.
  public var agent: String
  public var kind: SpanKind
  public var state: SpanState
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public var start: Int64
  /// Nanoseconds since 1970-01-01T00:00:00Z, never before `start`; `nil` while the span is active or when it was lost.
  public var end: Int64?
  /// OTLP's `Status.message`: why it failed.
  public var statusMessage: String
  /// The header `tracestate` that came with it.
  public var traceState: String
  /// OTLP's `flags`: the low eight bits are the W3C trace flags.
  public var flags: UInt32
  public var attributes: [SpanAttribute]
  public var events: [SpanEvent]
  public var links: [SpanLink]
  /// Of the process that sent it.
  public var resource: [SpanAttribute]
  public var scope: InstrumentationScope
  /// How many attributes, events and links the sender left out.
  public var dropped: DroppedCounts

  public init(
    traceID: TraceID, spanID: SpanID, parentID: SpanID? = nil, operation: String, agent: String,
    kind: SpanKind = .internal, state: SpanState = .active, start: Int64, end: Int64? = nil
  ) {
    self.traceID = traceID
    self.spanID = spanID
    self.parentID = parentID
    self.operation = operation
    self.agent = agent
    self.kind = kind
    self.state = state
    self.start = start
    self.end = end
    statusMessage = ""
    traceState = ""
    flags = 0
    attributes = []
    events = []
    links = []
    resource = []
    scope = InstrumentationScope()
    dropped = DroppedCounts()
  }

  /// Nanoseconds; `nil` while the span has no end.
  public var duration: Int64? { end.map { $0.subtractingReportingOverflow(start).partialValue } }
}

/// OTLP's `SpanKind`, with its numbers.
public enum SpanKind: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
  case unspecified = 0
  case `internal` = 1
  case server = 2
  case client = 3
  case producer = 4
  case consumer = 5
}

/// How far a span has come.
public enum SpanState: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
  /// Started, not yet ended.
  case active = 0
  /// Ended; OTLP's status is unset.
  case completed = 1
  /// Ended, and its sender said that it went well: OTLP's `STATUS_CODE_OK`.
  case ok = 2
  /// Ended in failure: OTLP's `STATUS_CODE_ERROR`.
  case error = 3
  /// Started by an instance that died before it ended: it will not end any more.
  case lost = 4

  @inlinable public var hasEnded: Bool { self == .completed || self == .ok || self == .error }

  /// As `/fleet/v1` says it: `active`, `completed`, `error` or `lost`.
  public var name: String {
    switch self {
    case .active: "active"
    case .completed, .ok: "completed"
    case .error: "error"
    case .lost: "lost"
    }
  }
}

public struct SpanAttribute: Sendable, Hashable {
  public var key: String
  public var value: SpanValue

  public init(_ key: String, _ value: SpanValue) {
    self.key = key
    self.value = value
  }
}

/// OTLP's `AnyValue`.
public enum SpanValue: Sendable, Hashable {
  case string(String)
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case bytes([UInt8])
  /// An array or a list of keys and values, as JSON text (RFC 8259); bytes within it are base64.
  case nested(String)

  /// The value as text, as a search compares it and a terminal shows it.
  public var text: String {
    switch self {
    case .string(let text), .nested(let text): text
    case .bool(let value): value ? "true" : "false"
    case .int(let value): String(value)
    case .double(let value): "\(value)"
    case .bytes(let bytes): bytes.map { Hex.text(UInt64($0), digits: 2) }.joined()
    }
  }
}

/// Something that happened at one moment of a span: a timed log entry.
public struct SpanEvent: Sendable, Hashable {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public var time: Int64
  public var name: String
  public var attributes: [SpanAttribute]

  public init(time: Int64, name: String, attributes: [SpanAttribute] = []) {
    self.time = time
    self.name = name
    self.attributes = attributes
  }
}

/// Names a span elsewhere that has to do with this one.
public struct SpanLink: Sendable, Hashable {
  public var traceID: TraceID
  public var spanID: SpanID
  public var traceState: String
  public var attributes: [SpanAttribute]

  public init(traceID: TraceID, spanID: SpanID, traceState: String = "", attributes: [SpanAttribute] = []) {
    self.traceID = traceID
    self.spanID = spanID
    self.traceState = traceState
    self.attributes = attributes
  }
}

/// The library that made a span.
public struct InstrumentationScope: Sendable, Hashable {
  public var name: String
  public var version: String

  public init(name: String = "", version: String = "") {
    self.name = name
    self.version = version
  }
}

public struct DroppedCounts: Sendable, Hashable, BitwiseCopyable {
  public var attributes: UInt32
  public var events: UInt32
  public var links: UInt32

  public init(attributes: UInt32 = 0, events: UInt32 = 0, links: UInt32 = 0) {
    self.attributes = attributes
    self.events = events
    self.links = links
  }
}

/// Spans as they travel in bulk from a decoder to the store: flat records over one run of bytes, so that a span costs no
/// allocation of its own.
///
/// Whoever fills a batch keeps these promises; ``isSound`` checks them, and a store may rely on them after it did:
/// every range of bytes lies within ``bytes``, every range of records within its array, `resource` and `scope` name an
/// element, strings are valid UTF-8, times are at least zero, and `end` is not before `start` where there is one.
public struct SpanBatch: Sendable {
  /// What the records' text points into: often the body of a request as it came.
  public var bytes: [UInt8]
  public var spans: [SpanRecord]
  /// Of spans, events, links and resources alike.
  public var attributes: [AttributeRecord]
  public var events: [EventRecord]
  public var links: [LinkRecord]
  public var resources: [ResourceRecord]
  public var scopes: [ScopeRecord]

  public init(bytes: [UInt8] = []) {
    self.bytes = bytes
    spans = []
    attributes = []
    events = []
    links = []
    resources = []
    scopes = []
  }

  public var count: Int { spans.count }
  public var isEmpty: Bool { spans.isEmpty }
}

/// A run of bytes in ``SpanBatch/bytes``, or of records in one of its arrays.
@frozen public struct BatchRange: Sendable, Hashable, BitwiseCopyable {
  public var offset: UInt32
  public var count: UInt32

  @inlinable public init(offset: UInt32 = 0, count: UInt32 = 0) {
    self.offset = offset
    self.count = count
  }

  @inlinable public var range: Range<Int> { Int(offset)..<Int(offset) + Int(count) }
  @inlinable public var isEmpty: Bool { count == 0 }
}

/// One span of a ``SpanBatch``.
@frozen public struct SpanRecord: Sendable, BitwiseCopyable {
  public var traceID: TraceID
  public var spanID: SpanID
  /// Zero for a root.
  public var parent: UInt64 = 0
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public var start: Int64
  /// Nanoseconds since 1970-01-01T00:00:00Z; zero where there is none.
  public var end: Int64 = 0
  public var operation = BatchRange()
  public var agent = BatchRange()
  public var statusMessage = BatchRange()
  public var traceState = BatchRange()
  /// In ``SpanBatch/attributes``.
  public var attributes = BatchRange()
  /// In ``SpanBatch/events``.
  public var events = BatchRange()
  /// In ``SpanBatch/links``.
  public var links = BatchRange()
  /// Of ``SpanBatch/resources``.
  public var resource: UInt32 = 0
  /// Of ``SpanBatch/scopes``.
  public var scope: UInt32 = 0
  public var flags: UInt32 = 0
  public var dropped = DroppedCounts()
  public var kind: SpanKind = .unspecified
  public var state: SpanState = .completed

  @inlinable public init(traceID: TraceID, spanID: SpanID, start: Int64) {
    self.traceID = traceID
    self.spanID = spanID
    self.start = start
  }
}

@frozen public struct AttributeRecord: Sendable, BitwiseCopyable {
  public var key: BatchRange
  public var kind: SpanValueKind
  /// By `kind`: 0 or 1, the bits of an `Int64` or of a `Double`, or a ``BatchRange`` (offset in the upper half).
  public var payload: UInt64

  @inlinable public init(key: BatchRange, kind: SpanValueKind, payload: UInt64) {
    self.key = key
    self.kind = kind
    self.payload = payload
  }

  @inlinable public init(key: BatchRange, kind: SpanValueKind, text: BatchRange) {
    self.init(key: key, kind: kind, payload: UInt64(text.offset) << 32 | UInt64(text.count))
  }

  /// Where the value's bytes are; of kinds `string`, `bytes` and `nested` alone.
  @inlinable public var text: BatchRange {
    BatchRange(offset: UInt32(truncatingIfNeeded: payload >> 32), count: UInt32(truncatingIfNeeded: payload))
  }
}

/// Which case of ``SpanValue`` an ``AttributeRecord`` holds.
@frozen public enum SpanValueKind: UInt8, Sendable, Hashable, BitwiseCopyable {
  case string = 0
  case bool = 1
  case int = 2
  case double = 3
  case bytes = 4
  case nested = 5

  @inlinable public var isText: Bool { self == .string || self == .bytes || self == .nested }
}

@frozen public struct EventRecord: Sendable, BitwiseCopyable {
  public var time: Int64
  public var name: BatchRange
  public var attributes: BatchRange

  @inlinable public init(time: Int64, name: BatchRange, attributes: BatchRange) {
    self.time = time
    self.name = name
    self.attributes = attributes
  }
}

@frozen public struct LinkRecord: Sendable, BitwiseCopyable {
  public var traceID: TraceID
  public var spanID: SpanID
  public var traceState: BatchRange
  public var attributes: BatchRange

  @inlinable public init(traceID: TraceID, spanID: SpanID, traceState: BatchRange, attributes: BatchRange) {
    self.traceID = traceID
    self.spanID = spanID
    self.traceState = traceState
    self.attributes = attributes
  }
}

@frozen public struct ResourceRecord: Sendable, BitwiseCopyable {
  public var attributes: BatchRange

  @inlinable public init(attributes: BatchRange) { self.attributes = attributes }
}

@frozen public struct ScopeRecord: Sendable, BitwiseCopyable {
  public var name: BatchRange
  public var version: BatchRange

  @inlinable public init(name: BatchRange, version: BatchRange) {
    self.name = name
    self.version = version
  }
}

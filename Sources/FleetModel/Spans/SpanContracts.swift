/// Takes spans in. The span store implements it; ingest calls it.
public protocol SpanWriter: Sendable {
  /// Takes a batch and returns once its spans survive `kill -9` of this process (and the power of the machine, where the
  /// store was told to sync every time). Spans of one trace may come in any order and in many batches.
  ///
  /// A span that is known already is one span still: its end takes the place of its start, and of two ends the later
  /// arrival counts; attributes of its start that its end does not name are kept.
  ///
  /// - Throws: ``SpanStoreError``; then none was taken.
  func append(_ batch: SpanBatch) async throws(SpanStoreError)

  /// The spans in flight: started, neither ended nor lost. By start, the oldest first.
  func openSpans() async -> [OpenSpan]

  /// The spans in flight with these ids, of whichever trace. O(ids), in no order.
  func openSpans(withIDs ids: Set<SpanID>) async -> [OpenSpan]

  /// Ends a span in flight, merging further attributes into it. Durable on return, as ``append(_:)``.
  ///
  /// - Parameter trace: where `nil`, the only span in flight with this id is meant.
  /// - Returns: the span as it ended.
  /// - Throws: ``SpanStoreError/unknownSpan(_:)`` or ``SpanStoreError/finishedSpan(_:)``.
  func finish(
    _ span: SpanID, of trace: TraceID?, at end: Int64, state: SpanState, statusMessage: String,
    attributes: [SpanAttribute]
  ) async throws(SpanStoreError) -> Span

  /// Marks spans in flight as lost: their instance died. Those that have ended meanwhile stay as they are; one that is
  /// marked and ends after all (its end was under way) is ended.
  ///
  /// - Returns: how many were marked.
  func markLost(_ spans: [SpanKey], at time: Int64) async throws(SpanStoreError) -> Int
}

extension SpanWriter {
  /// O(spans in flight).
  public func openSpans(withIDs ids: Set<SpanID>) async -> [OpenSpan] {
    await openSpans().filter { ids.contains($0.key.spanID) }
  }
}

/// Is shown spans as they arrive, after the store has acknowledged them: what series of metrics and forwarding are made of.
public protocol SpanWatch: Sendable {
  /// Calls are quick, may come from any thread and at once; a batch keeps the promises of ``SpanBatch``.
  func observe(_ batch: SpanBatch)
}

/// Gives spans back. The span store implements it; analyses and the API read through it. What ``SpanWriter/append(_:)``
/// acknowledged is found at once.
public protocol SpanReader: Sendable {
  /// All spans of a trace, each id once, by start and then id; empty where the trace is not known.
  func spans(of trace: TraceID) async throws(SpanStoreError) -> [Span]

  /// The traces that have a span which fits the query, the most recent first (by the start of the fitting span).
  func search(_ query: TraceQuery) async throws(SpanStoreError) -> [TraceSummary]

  /// Hands over, in memory bounded but for the names, every trace that has a span which fits the query (its limit is not heeded) in
  /// outline and whole, each once, in chunks, with the names so far: a name has one number for all of the call.
  func outlines(
    matching query: TraceQuery, visit: @Sendable ([TraceOutline], NameTable) throws -> Void
  ) async throws

  /// The names of the agents with spans in the range, sorted.
  func agents(during range: Range<Int64>) async throws(SpanStoreError) -> [String]

  /// The operations of an agent (of all where `nil`) and their kinds, sorted.
  func operations(of agent: String?, during range: Range<Int64>) async throws(SpanStoreError) -> [SpanOperation]
}

/// Which traces are looked for: those with at least one span for which all of this is true.
public struct TraceQuery: Sendable, Hashable {
  /// Nanoseconds since 1970-01-01T00:00:00Z; the span's start lies within.
  public var range: Range<Int64>
  public var agent: String?
  public var operation: String?
  /// Nanoseconds.
  public var minimumDuration: Int64?
  /// Nanoseconds.
  public var maximumDuration: Int64?
  /// `active`, `completed` (OTLP's unset and ok), `error` or `lost`.
  public var states: Set<SpanState>?
  /// Each is an attribute of the span or of its resource; values are compared as text (``SpanValue/text``).
  public var attributes: [String: String]
  public var limit: Int

  public init(range: Range<Int64>, agent: String? = nil, operation: String? = nil, limit: Int = 20) {
    self.range = range
    self.agent = agent
    self.operation = operation
    attributes = [:]
    self.limit = limit
  }
}

/// One trace of a search's answer, as far as it is stored.
public struct TraceSummary: Sendable, Hashable {
  public var traceID: TraceID
  /// Of the root: the earliest span without a parent; where there is none the earliest whose parent is not in the trace.
  public var rootAgent: String
  public var rootOperation: String
  /// Nanoseconds since 1970-01-01T00:00:00Z; of the root, as the clocks of other processes may be off.
  public var start: Int64
  /// Of the root, never before ``start``; while it has none the latest end by the root's clock, `nil` where there is none either.
  public var end: Int64?
  public var spanCount: Int
  public var errorCount: Int
  public var activeCount: Int
  public var lostCount: Int
  /// By name.
  public var spansByAgent: [String: Int]

  public init(traceID: TraceID, rootAgent: String, rootOperation: String, start: Int64, end: Int64?) {
    self.traceID = traceID
    self.rootAgent = rootAgent
    self.rootOperation = rootOperation
    self.start = start
    self.end = end
    spanCount = 0
    errorCount = 0
    activeCount = 0
    lostCount = 0
    spansByAgent = [:]
  }
}

public struct SpanOperation: Sendable, Hashable, Comparable {
  public var name: String
  public var kind: SpanKind

  public init(name: String, kind: SpanKind) {
    self.name = name
    self.kind = kind
  }

  public static func < (left: SpanOperation, right: SpanOperation) -> Bool {
    (left.name, left.kind.rawValue) < (right.name, right.kind.rawValue)
  }
}

public struct SpanKey: Sendable, Hashable, BitwiseCopyable {
  public var traceID: TraceID
  public var spanID: SpanID

  public init(traceID: TraceID, spanID: SpanID) {
    self.traceID = traceID
    self.spanID = spanID
  }
}

/// A span in flight.
public struct OpenSpan: Sendable, Hashable {
  public var key: SpanKey
  public var parentID: SpanID?
  public var agent: String
  /// `service.instance.id` of its resource; `nil` where the sender gave none.
  public var instance: String?
  public var operation: String
  public var start: Int64

  public init(
    key: SpanKey, parentID: SpanID?, agent: String, instance: String?, operation: String, start: Int64
  ) {
    self.key = key
    self.parentID = parentID
    self.agent = agent
    self.instance = instance
    self.operation = operation
    self.start = start
  }
}

public enum SpanStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No span in flight has this id (or, without a trace id, more than one).
  case unknownSpan(SpanID)
  /// The span has ended already.
  case finishedSpan(SpanID)
  /// The batch breaks a promise of ``SpanBatch``.
  case malformed(String)
  /// The disk or its files: what failed, and where. Nothing acknowledged is lost.
  case storage(String)
  /// A file of the store is of a later version than this program reads; nothing was changed.
  case format(path: String, version: UInt32, known: UInt32)
  case closed

  public var description: String {
    switch self {
    case .unknownSpan(let id): "no span in flight has the id \(id)"
    case .finishedSpan(let id): "span \(id) is finished already"
    case .malformed(let problem): "the batch of spans is malformed: \(problem)"
    case .storage(let reason): "the span store cannot do this: \(reason)"
    case .format(let path, let version, let known):
      "\(path) is of version \(version) of its format, this program reads versions up to \(known); use a later Skep"
    case .closed: "the span store is closed"
    }
  }
}

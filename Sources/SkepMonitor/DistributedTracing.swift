public import FleetModel
import Ingest
import Platform
import SpanStore
public import TraceAnalysis

/// Follows requests across agents: Skep's traces for Swift programs, without its server.
///
/// ```swift
/// let tracing = DistributedTracing()
/// var random = SystemRandomNumberGenerator()
/// let trace = TraceID(using: &random)
/// let request = try await tracing.startTrace(id: trace, operation: "invoke_agent planner", agent: "planner")
/// let search = try await tracing.startSpan(parent: request, operation: "execute_tool search", agent: "researcher")
/// try await tracing.finishSpan(search, metadata: ["results": .int(3)])
/// try await tracing.finishSpan(request)
/// let report = try await tracing.analysis(of: trace)
/// for section in report.criticalPath {
///   print(report.names[report.tree.spans[section.span].outline.operation], section.duration)
/// }
/// ```
///
/// Everything is in memory, at most about `capacity` bytes of it, and ends with the program; the spans that came first make room.
public final class DistributedTracing: Sendable {
  private let store: MemorySpanStore
  private let intake: SpanIntake
  private let time: any TimeSource

  /// - Parameter capacity: bytes of spans.
  public init(capacity: Int = 64 << 20) {
    store = MemorySpanStore(capacity: capacity)
    time = SystemTime()
    intake = SpanIntake(limits: SpanLimits(), writer: store, watches: [], time: time)
  }

  /// Starts the root span of a trace.
  ///
  /// - Parameter id: one that no other trace has, such as a random one.
  /// - Throws: ``TracingError`` where the metadata are too large.
  public func startTrace(
    id: TraceID, operation: String, agent: String, metadata: [String: SpanValue] = [:]
  ) async throws(TracingError) -> SpanID {
    try await start(id, parent: nil, operation, agent, metadata)
  }

  /// Starts a span below one that is in flight.
  ///
  /// - Throws: ``TracingError`` where no span in flight is called `parent`, or the metadata are too large.
  public func startSpan(
    parent: SpanID, operation: String, agent: String, metadata: [String: SpanValue] = [:]
  ) async throws(TracingError) -> SpanID {
    guard let open = await store.openSpans(withIDs: [parent]).first else {
      throw .unknownSpan("no span in flight has the id \(parent)")
    }
    return try await start(open.key.traceID, parent: parent, operation, agent, metadata)
  }

  /// Ends a span in flight; further metadata is merged into it.
  ///
  /// - Parameter status: ``SpanState/completed``, ``SpanState/ok`` or ``SpanState/error``.
  /// - Throws: ``TracingError`` where no span in flight has this id, or it is finished.
  public func finishSpan(
    _ span: SpanID, status: SpanState = .completed, metadata: [String: SpanValue] = [:]
  ) async throws(TracingError) {
    do throws(SpanRefusal) {
      _ = try await intake.finish(
        span, of: nil, at: nil, state: status, statusMessage: "", attributes: Self.attributes(metadata))
    } catch { throw TracingError(error) }
  }

  /// What happened in a trace, as far as it has come.
  ///
  /// - Throws: ``TracingError/analysis(_:)`` for a trace that is not there, or of which no span has ended.
  public func analysis(of trace: TraceID) async throws(TracingError) -> TraceReport {
    let spans: [Span]
    do throws(SpanStoreError) { spans = try await store.spans(of: trace) } catch { throw .refused("\(error)") }
    var names = NameTable()
    let outline = TraceOutline(traceID: trace, spans: spans.map { SpanOutline($0, names: &names) })
    do throws(AnalysisError) {
      return try TraceReport(outline, names: names, asOf: time.now().nanoseconds)
    } catch { throw .analysis(error) }
  }

  private func start(
    _ trace: TraceID, parent: SpanID?, _ operation: String, _ agent: String, _ metadata: [String: SpanValue]
  ) async throws(TracingError) -> SpanID {
    var random = SystemRandomNumberGenerator()
    var span = Span(
      traceID: trace, spanID: SpanID(using: &random), parentID: parent, operation: operation, agent: agent,
      start: time.now().nanoseconds)
    span.attributes = Self.attributes(metadata)
    guard let batch = SpanBatch([span]) else { throw .refused("the span has more than 4 GiB") }
    do throws(SpanRefusal) {
      let outcome = try await intake.take(batch)
      if let problem = outcome.firstRefusal { throw SpanRefusal.malformed(problem) }
    } catch { throw TracingError(error) }
    return span.spanID
  }

  private static func attributes(_ metadata: [String: SpanValue]) -> [SpanAttribute] {
    metadata.sorted { $0.key < $1.key }.map { SpanAttribute($0.key, $0.value) }
  }
}

/// Why a span does not start or end, or a trace is not analysed.
public enum TracingError: Error, Sendable, Hashable, CustomStringConvertible {
  case unknownSpan(String)
  case finishedSpan(String)
  /// It is too large, or ends in a way that is none.
  case refused(String)
  case analysis(AnalysisError)

  init(_ refusal: SpanRefusal) {
    switch refusal {
    case .unknown(let problem): self = .unknownSpan(problem)
    case .finished(let problem): self = .finishedSpan(problem)
    case .storage(let problem), .forbidden(let problem), .malformed(let problem): self = .refused(problem)
    }
  }

  public var description: String {
    switch self {
    case .unknownSpan(let problem), .finishedSpan(let problem), .refused(let problem): problem
    case .analysis(let error): "\(error)"
    }
  }
}

import FleetModel
public import Logging
public import ServiceLifecycle
public import Tracing

/// Records spans and sends them to the control plane: a back end of swift-distributed-tracing.
///
/// ```swift
/// let configuration = try AgentConfiguration.fromEnvironment()
/// let tracer = SkepTracer(.fromEnvironment(agent: configuration))
/// InstrumentationSystem.bootstrap(tracer)
/// let agent = AgentService(configuration: configuration, registry: registry, tracer: tracer)
/// ```
///
/// 1. A span starts: its trace comes from the context, or begins here; the sampler decides whether it is recorded.
/// 2. One that has not ended after ``TracerConfiguration/startMessageDelay`` is told to the control plane as it is, so that work
///    in flight is seen; where the process dies, it is seen as lost.
/// 3. A span that ends goes into a queue. When the queue is full, the newest is dropped and counted; nothing ever waits.
/// 4. The queue is sent in batches by OTLP/HTTP, tried again where that may help, and emptied when the process stops.
///
/// Counted by swift-metrics: `tracer_spans_total{outcome}` (`sent`, `queue_full`, `refused`, `not_delivered`) and
/// `tracer_start_messages_total{outcome}`.
public final class SkepTracer: Tracer, Service {
  public typealias Span = SkepSpan

  public let configuration: TracerConfiguration
  /// Its open spans among others: what a stop waits for, where an ``AgentService`` has this tracer.
  public let runs = RunsInFlight()
  let propagators: Set<TracePropagator>
  private let isRecording: Bool
  let recorder: SpanRecorder
  let exporter: SpanExporter

  public init(_ configuration: TracerConfiguration, logger: Logger? = nil) {
    self.configuration = configuration
    propagators = configuration.propagators
    isRecording = configuration.isEnabled && configuration.endpoint != nil
    let logger = logger ?? Logger(label: "skep.tracer")
    for problem in configuration.problems { logger.warning("\(problem)") }
    recorder = SpanRecorder(configuration)
    exporter = SpanExporter(configuration, recorder: recorder, logger: logger)
  }

  public func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: Tracing.SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> SkepSpan {
    var context = context()
    let parent = context.traceContext
    var trace = parent?.child() ?? .root()
    // Who never records anything is no part of the trace, and hands it on as it came.
    let isRecorded = isRecording && configuration.sampler.records(trace.traceID, parent: parent)
    trace.isSampled = isRecorded
    if isRecording { context.traceContext = trace }
    let span = SkepSpan(
      operationName, context: context, trace: trace, parentID: parent?.spanID, kind: kind,
      start: Int64(clamping: instant().nanosecondsSinceEpoch), recorder: isRecorded ? recorder : nil, run: runs.begin())
    if isRecorded { recorder.started(span) }
    return span
  }

  public func startAnySpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: Tracing.SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> any Tracing.Span {
    startSpan(
      operationName, context: context(), ofKind: kind, at: instant(), function: function, file: fileID, line: line)
  }

  /// Has what is queued sent soon; returns at once. ``flush(within:)`` waits for it.
  public func forceFlush() { recorder.queue.wake() }

  /// Sends what has ended until now.
  ///
  /// - Parameter limit: after it, what is left stays in the queue.
  public func flush(within limit: Duration) async { await exporter.flush(within: limit) }

  /// Sends spans until graceful shutdown, then what is left, for at most ``TracerConfiguration/flushTimeout``. An
  /// ``AgentService`` that was given the tracer does this itself.
  public func run() async throws {
    await exporter.run { await cancelWhenGracefulShutdown($0) }
  }
}

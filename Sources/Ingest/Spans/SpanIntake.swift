public import CoreMetrics
public import FleetModel
public import Platform

/// Takes spans that agents and their libraries push, whatever the protocol.
///
/// A request's spans go through: 1. the bounds of ``SpanLimits``, one by one; 2. the store, all that are left as one batch;
/// 3. those who watch, once the store has acknowledged them. The decoder stands before it.
public final class SpanIntake: Sendable {
  public let limits: SpanLimits
  private let writer: any SpanWriter
  private let watches: [any SpanWatch]
  private let time: any TimeSource
  private let metrics: SpanIntakeMetrics

  /// - Parameter watches: are shown every batch, in this order.
  public init(
    limits: SpanLimits, writer: any SpanWriter, watches: [any SpanWatch], time: any TimeSource,
    factory: any MetricsFactory = MetricsSystem.factory
  ) {
    self.limits = limits
    self.writer = writer
    self.watches = watches
    self.time = time
    metrics = SpanIntakeMetrics(factory: factory)
  }

  /// Takes the good spans of one request and returns once they are as safe as the store promises.
  ///
  /// - Parameters:
  ///   - batch: as a decoder made it; it keeps the promises of ``SpanBatch``.
  ///   - outcome: with what the decoder refused.
  ///   - agent: the one agent whose spans the sender may write; `nil` for any.
  /// - Throws: ``SpanRefusal/storage(_:)`` or ``SpanRefusal/malformed(_:)``; then nothing was taken.
  public func take(
    _ batch: consuming SpanBatch, after outcome: SpanOutcome = SpanOutcome(), from agent: AgentID? = nil
  ) async throws(SpanRefusal) -> SpanOutcome {
    var outcome = outcome
    var others: Set<SpanKey> = []
    if let agent {
      // Whoever may act for one agent alone must not take over a span in flight of another.
      let open = await writer.openSpans(withIDs: Set(batch.spans.map(\.spanID)))
      others = Set(open.filter { $0.agent != agent.name }.map(\.key))
    }
    SpanCheck(limits, from: agent, now: time.now(), inFlightOfOthers: others).run(on: &batch, &outcome)
    let batch = batch
    if !batch.isEmpty {
      let began = time.monotonic()
      do throws(SpanStoreError) { try await writer.append(batch) } catch { throw refusal(error) }
      metrics.appended(in: time.monotonic() - began)
      for watch in watches { watch.observe(batch) }
    }
    metrics.note(outcome)
    return outcome
  }

  /// Ends a span in flight, merging further attributes into it.
  ///
  /// - Parameters:
  ///   - trace: where `nil`, the only span in flight with this id is meant.
  ///   - end: nanoseconds since 1970; now where `nil`.
  ///   - agent: the one agent whose spans the sender may end; `nil` for any.
  /// - Returns: the span as it ended.
  public func finish(
    _ span: SpanID, of trace: TraceID?, at end: Int64?, state: SpanState, statusMessage: String,
    attributes: [SpanAttribute], from agent: AgentID? = nil
  ) async throws(SpanRefusal) -> Span {
    guard state.hasEnded else { throw .malformed("a span ends as completed or error, not as \(state.name)") }
    let newest = time.now().nanoseconds.addingReportingOverflow(limits.maximumAhead.wholeNanoseconds)
    if let end, !newest.overflow, end > newest.partialValue {
      throw .malformed("the end is more than a day ahead; check the clock")
    }
    let bytes = attributes.reduce(statusMessage.utf8.count) { $0 + $1.key.utf8.count + $1.value.size }
    guard attributes.count <= limits.attributes, bytes <= limits.spanBytes else {
      throw .malformed("more than \(limits.attributes) attributes or \(limits.spanBytes) bytes; send less")
    }
    let named = await writer.openSpans(withIDs: [span]).filter { trace == nil || $0.key.traceID == trace }
    if let agent {
      if let other = named.first(where: { $0.agent != agent.name }) {
        throw .forbidden("span \(span) is of agent \"\(other.agent)\", and this token may act for \"\(agent)\" alone")
      }
    }
    // Of several the store does not know which is meant, and says so.
    if let end, named.count == 1, end < named[0].start {
      throw .malformed("it ends \(named[0].start - end) ns before it starts")
    }
    let finished: Span
    do throws(SpanStoreError) {
      finished = try await writer.finish(
        span, of: trace, at: end ?? time.now().nanoseconds, state: state, statusMessage: statusMessage,
        attributes: attributes)
    } catch { throw refusal(error) }
    metrics.spanFinished()
    if let batch = SpanBatch([finished]) { for watch in watches { watch.observe(batch) } }
    return finished
  }

  /// The spans in flight: started, neither ended nor lost. By start, the oldest first.
  public func openSpans() async -> [OpenSpan] { await writer.openSpans() }

  /// Marks spans in flight as lost; returns how many were.
  func markLost(_ spans: [SpanKey]) async throws(SpanRefusal) -> Int {
    let marked: Int
    do throws(SpanStoreError) { marked = try await writer.markLost(spans, at: time.now().nanoseconds) } catch {
      throw refusal(error)
    }
    metrics.spansLost(marked)
    return marked
  }

  private func refusal(_ error: SpanStoreError) -> SpanRefusal {
    switch error {
    case .unknownSpan: return .unknown("\(error)")
    case .finishedSpan: return .finished("\(error)")
    case .malformed(let problem): return .malformed(problem)
    case .storage, .format, .closed:
      metrics.storeFailed()
      return .storage("\(error)")
    }
  }
}

extension SpanValue {
  fileprivate var size: Int {
    switch self {
    case .string(let text), .nested(let text): text.utf8.count
    case .bytes(let bytes): bytes.count
    case .bool, .int, .double: 8
    }
  }
}

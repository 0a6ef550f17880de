import FleetModel
import Synchronization

/// Where spans go when they start and when they end: the part of the tracer that runs in the agent's own tasks.
final class SpanRecorder: Sendable {
  let limits: SpanLimits
  let queue: SpanQueue
  /// `nil` where nobody is told of spans in flight.
  let openSpans: OpenSpanTable?

  init(_ configuration: TracerConfiguration) {
    limits = configuration.limits
    queue = SpanQueue(
      capacity: configuration.queueSize, batch: configuration.batchSize, capacityBytes: configuration.queueBytes)
    openSpans = configuration.startMessageAddress == nil ? nil : OpenSpanTable(capacity: configuration.queueSize)
  }

  func started(_ span: SkepSpan) { openSpans?.insert(span) }

  func ended(_ span: SkepSpan) {
    openSpans?.remove(span)
    queue.append(span)
  }
}

/// Spans that have ended and were not sent yet, the oldest first. Bounded: what does not fit any more is dropped and counted. That is
/// the newest, as with OpenTelemetry's batching processor ("after the size is reached spans are dropped",
/// <https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor>).
final class SpanQueue: Sendable {
  private struct State {
    var spans: [SkepSpan] = []
    var bytes = 0
    /// Batches that were taken and are neither sent nor put back.
    var inHand = 0
    /// Spans that were dropped although the control plane was told of their start: it is told of their end alone.
    var ends: [SkepSpan] = []
    var dropped = 0
    /// Whether all is to be sent, and not only what fills a batch.
    var isDue = false
  }

  private let state = Mutex(State())
  private let capacity: Int
  private let batch: Int
  private let capacityBytes: Int
  /// Of a batch: a receiver takes 16 MiB.
  private let batchBytes = 4 << 20
  private let waker: AsyncStream<Void>.Continuation
  /// Yields when a batch is full or ``wake()`` was called. For one reader.
  let wakings: AsyncStream<Void>

  init(capacity: Int, batch: Int, capacityBytes: Int) {
    self.capacity = max(capacity, 1)
    self.capacityBytes = capacityBytes
    self.batch = min(max(batch, 1), self.capacity)
    (wakings, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  func append(_ span: SkepSpan) {
    let bytes = span.bytes
    let isFull = state.withLock { state in
      guard state.spans.count < capacity, state.bytes + bytes <= capacityBytes || state.spans.isEmpty else {
        state.dropped += 1
        keepEnd(of: span, in: &state)
        return false
      }
      state.spans.append(span)
      let before = state.bytes
      state.bytes += bytes
      return state.spans.count % batch == 0 || before / batchBytes != state.bytes / batchBytes
    }
    if isFull { waker.yield() }
  }

  /// Has all that is queued sent.
  func wake() {
    state.withLock { $0.isDue = true }
    waker.yield()
  }

  /// Whether all was asked for since this was asked last.
  func takeDue() -> Bool {
    state.withLock { state in
      defer { state.isDue = false }
      return state.isDue
    }
  }

  var count: Int { state.withLock { $0.spans.count } }

  /// Takes the oldest, a batch at most; empty where there are none.
  ///
  /// - Parameter fullOnly: leaves what does not fill a batch.
  func take(fullOnly: Bool = false) -> [SkepSpan] {
    state.withLock { state in
      if fullOnly, state.spans.count < batch, state.bytes < batchBytes { return [] }
      var taken: [SkepSpan] = []
      var bytes = 0
      for span in state.spans.prefix(batch) {
        let size = span.bytes
        if !taken.isEmpty, bytes + size > batchBytes { break }
        taken.append(span)
        bytes += size
      }
      if taken.isEmpty { return [] }
      state.spans.removeFirst(taken.count)
      state.bytes -= bytes
      state.inHand += 1
      return taken
    }
  }

  /// To be called once for each batch that was taken, when it is sent, dropped or put back.
  func settle() { state.withLock { $0.inHand -= 1 } }

  var hasBatchInHand: Bool { state.withLock { $0.inHand > 0 } }

  /// Keeps the end of a span that is dropped, where its start was told.
  func keepEnd(of span: SkepSpan) { state.withLock { keepEnd(of: span, in: &$0) } }

  private func keepEnd(of span: SkepSpan, in state: inout State) {
    if state.ends.count < Self.mostEnds, span.keepOnlyEnd() { state.ends.append(span) }
  }

  static let mostEnds = 8192

  /// Takes the oldest of the ends that are left of dropped spans.
  func takeEnds(_ most: Int) -> [SkepSpan] {
    state.withLock { state in
      let taken = Array(state.ends.prefix(most))
      state.ends.removeFirst(taken.count)
      return taken
    }
  }

  func putBackEnds(_ ends: [SkepSpan]) {
    state.withLock { $0.ends.insert(contentsOf: ends.prefix(max(Self.mostEnds - $0.ends.count, 0)), at: 0) }
  }

  /// Puts back what was taken and could not be sent, ahead of the rest; what does not fit any more is dropped.
  func putBack(_ spans: [SkepSpan]) {
    state.withLock { state in
      let free = max(capacity - state.spans.count, 0)
      state.dropped += max(spans.count - free, 0)
      for span in spans.dropFirst(free) { keepEnd(of: span, in: &state) }
      state.spans.insert(contentsOf: spans.prefix(free), at: 0)
      for span in spans.prefix(free) { state.bytes += span.bytes }
    }
  }

  /// How many were dropped since this was asked last.
  func takeDropped() -> Int {
    state.withLock { state in
      defer { state.dropped = 0 }
      return state.dropped
    }
  }
}

/// Spans in flight of which the control plane has not been told. Beyond its capacity spans are not told of; their end is.
final class OpenSpanTable: Sendable {
  private let spans = Mutex<[SpanID: SkepSpan]>([:])
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  func insert(_ span: SkepSpan) {
    spans.withLock { spans in
      if spans.count < capacity { spans[span.trace.spanID] = span }
    }
  }

  func remove(_ span: SkepSpan) {
    spans.withLock { _ = $0.removeValue(forKey: span.trace.spanID) }
  }

  /// Takes out those that started at `time` or before, the oldest first, at most `most`.
  func take(startedBy time: Int64, most: Int) -> [SkepSpan] {
    spans.withLock { spans in
      let due = spans.values.filter { $0.start <= time }.sorted { $0.start < $1.start }.prefix(most)
      for span in due {
        spans[span.trace.spanID] = nil
        // Within the lock, and before they are told: one may end, and be dropped, while the call is under way.
        span.markTold(true)
      }
      return Array(due)
    }
  }

  /// Puts back those that could not be told and have not ended meanwhile.
  func putBack(_ list: [SkepSpan]) {
    for span in list where !span.hasEnded {
      insert(span)
      // It may have ended just before it was put back, when there was nothing to remove.
      if span.hasEnded { remove(span) }
    }
  }
}

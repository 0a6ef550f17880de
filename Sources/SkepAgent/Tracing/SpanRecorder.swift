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
    queue = SpanQueue(capacity: configuration.queueSize, batch: configuration.batchSize)
    openSpans = configuration.startMessageAddress == nil ? nil : OpenSpanTable(capacity: configuration.queueSize)
  }

  func started(_ span: SkepSpan) { openSpans?.insert(span) }

  func ended(_ span: SkepSpan) {
    openSpans?.remove(span)
    queue.append(span)
  }
}

/// Spans that have ended and were not sent yet, the oldest first. Bounded: what does not fit any more is dropped and counted.
final class SpanQueue: Sendable {
  private struct State {
    var spans: [SkepSpan] = []
    var dropped = 0
    /// Whether all is to be sent, and not only what fills a batch.
    var isDue = false
  }

  private let state = Mutex(State())
  private let capacity: Int
  private let batch: Int
  private let waker: AsyncStream<Void>.Continuation
  /// Yields when a batch is full or ``wake()`` was called. For one reader.
  let wakings: AsyncStream<Void>

  init(capacity: Int, batch: Int) {
    self.capacity = max(capacity, 1)
    self.batch = min(max(batch, 1), self.capacity)
    (wakings, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  func append(_ span: SkepSpan) {
    let isFull = state.withLock { state in
      guard state.spans.count < capacity else {
        state.dropped += 1
        return false
      }
      state.spans.append(span)
      return state.spans.count % batch == 0
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
      if fullOnly, state.spans.count < batch { return [] }
      let taken = Array(state.spans.prefix(batch))
      state.spans.removeFirst(taken.count)
      return taken
    }
  }

  /// Puts back what was taken and could not be sent, ahead of the rest; what does not fit any more is dropped.
  func putBack(_ spans: [SkepSpan]) {
    state.withLock { state in
      let free = max(capacity - state.spans.count, 0)
      state.dropped += max(spans.count - free, 0)
      state.spans.insert(contentsOf: spans.prefix(free), at: 0)
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
      for span in due { spans[span.trace.spanID] = nil }
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

import FleetModel
import Synchronization
import WireFormats

/// The way of one request's samples into the store and to the watcher, oldest first.
///
/// Most requests hold many series with one sample each, all of one time: they go to the store as one batch in the order of
/// the request. Otherwise the samples are sorted by time, so that a series with many samples comes in order and series that
/// share their times share batches.
struct WriteFlush {
  let message: UnsafeRawBufferPointer
  let now: Timestamp
  let retention: Duration
  let appender: any SampleAppender
  let watch: any SampleWatch
  var outcome: WriteOutcome
  /// Series, by position, that the store knows under a new number.
  private(set) var renewed: [Int] = []

  init(
    message: UnsafeRawBufferPointer, now: Timestamp, retention: Duration, appender: any SampleAppender,
    watch: any SampleWatch, outcome: WriteOutcome
  ) {
    self.message = message
    self.now = now
    self.retention = retention
    self.appender = appender
    self.watch = watch
    self.outcome = outcome
  }

  mutating func run(_ work: inout WriteScratch) throws(AppendError) {
    guard let first = work.request.samples.first else { return }
    if Self.areOfOneTime(work.request.samples) {
      work.gatherAll()
      return try append(&work, at: first.time)
    }
    work.sortByTime()
    var start = 0
    while start < work.order.count {
      let time = work.order[start].time
      work.batch.removeAll(keepingCapacity: true)
      work.owners.removeAll(keepingCapacity: true)
      while start < work.order.count, work.order[start].time == time {
        work.gather(series: work.order[start].series, sample: work.order[start].sample)
        start += 1
      }
      try append(&work, at: time)
    }
  }

  private static func areOfOneTime(_ samples: [WriteRequest.Sample]) -> Bool {
    samples.withUnsafeBufferPointer { samples in
      for index in 1..<max(samples.count, 1) where samples[index].time != samples[0].time { return false }
      return true
    }
  }

  /// Appends the gathered batch.
  private mutating func append(_ work: inout WriteScratch, at milliseconds: Int64) throws(AppendError) {
    guard !work.batch.isEmpty else { return }
    let time = Timestamp(milliseconds: milliseconds)
    // The subtraction stays within bounds: only the clock's own value has something taken from it.
    guard milliseconds <= (now + RemoteWriteIntake.maximumAhead).milliseconds else {
      return outcome.refuse(
        .future, work.batch.count, "a sample of \(RFC3339.format(time)) is more than ten minutes ahead of this machine")
    }
    // A time that a sender forgot to set is 0: such a sample would stretch the store to 1970.
    guard milliseconds >= (now - retention).milliseconds else {
      return outcome.refuse(
        .outOfOrder, work.batch.count,
        "a sample of \(RFC3339.format(time)) is older than the time that samples are kept, monitoring.retention")
    }
    let first = try appender.append(work.batch, at: time)
    note(first, time)
    if !first.unknownSeries.isEmpty { try appendAgain(first.unknownSeries, &work, time) }
    if milliseconds >= (now - RemoteWriteIntake.maximumAhead).milliseconds { tellWatcher(work, time) }
  }

  /// The store has dropped series that were silent for long: they are series again, under new numbers.
  private mutating func appendAgain(
    _ positions: [Int], _ work: inout WriteScratch, _ time: Timestamp
  ) throws(AppendError) {
    var again: [Sample] = []
    for position in positions where work.batch.indices.contains(position) {
      let index = Int(work.owners[position])
      // These labels were good when the series was first seen.
      guard let labels = try? work.request.labels(of: work.request.series[index], in: message) else { continue }
      do throws(AppendError) {
        work.entries[index].reference = try appender.reference(for: labels)
      } catch {
        guard case .tooManySeries = error else { throw error }
        outcome.refuse(.limit, 1, "\(error)")
        continue
      }
      renewed.append(index)
      again.append(Sample(series: work.entries[index].reference, value: work.batch[position].value))
    }
    if again.isEmpty { return }
    let result = try appender.append(again, at: time)
    note(result, time)
    if !result.unknownSeries.isEmpty { throw .storage("series that were made anew were forgotten at once; send again") }
  }

  private mutating func note(_ result: AppendOutcome, _ time: Timestamp) {
    outcome.written += result.appended
    outcome.refuse(
      .outOfOrder, result.outOfOrder,
      "a sample of \(RFC3339.format(time)) is older than its series' last by more than the out-of-order window")
    outcome.refuse(
      .duplicate, result.duplicateTimestamp,
      "a sample of \(RFC3339.format(time)) has another value than the one that is stored of that time")
  }

  private func tellWatcher(_ work: WriteScratch, _ time: Timestamp) {
    var watched: [WatchedSample] = []
    for position in work.batch.indices {
      guard let token = work.entries[Int(work.owners[position])].token else { continue }
      watched.append(WatchedSample(token: token, value: work.batch[position].value))
    }
    if !watched.isEmpty { watch.observe(watched, at: time) }
  }
}

/// The memory that a request fills and empties.
struct WriteScratch: Sendable {
  struct Place: Sendable {
    var time: Int64
    /// Positions in the request.
    var sample: UInt32
    var series: UInt32
  }

  var text: [UInt8] = []
  var request: WriteRequest
  /// Of each series of the request.
  var entries: [WrittenSeriesCache.Entry] = []
  var order: [Place] = []
  var batch: [Sample] = []
  /// For each sample of the batch the position of its series.
  var owners: [UInt32] = []

  init(seed: UInt64) { request = WriteRequest(seed: seed) }

  /// Samples of series that were refused stay out.
  mutating func gather(series: UInt32, sample: UInt32) {
    let entry = entries[Int(series)]
    guard entry.mark != WrittenSeriesCache.Entry.missing else { return }
    batch.append(Sample(series: entry.reference, value: request.samples[Int(sample)].value))
    owners.append(series)
  }

  mutating func gatherAll() {
    batch.removeAll(keepingCapacity: true)
    owners.removeAll(keepingCapacity: true)
    batch.reserveCapacity(request.samples.count)
    owners.reserveCapacity(request.samples.count)
    request.series.withUnsafeBufferPointer { series in
      for index in series.indices {
        let first = series[index].firstSample
        for sample in first..<first &+ series[index].sampleCount {
          gather(series: UInt32(truncatingIfNeeded: index), sample: sample)
        }
      }
    }
  }

  mutating func sortByTime() {
    order.removeAll(keepingCapacity: true)
    order.reserveCapacity(request.samples.count)
    for (index, series) in request.series.enumerated() {
      for sample in series.firstSample..<series.firstSample &+ series.sampleCount {
        order.append(
          Place(
            time: request.samples[Int(sample)].time, sample: sample, series: UInt32(truncatingIfNeeded: index)))
      }
    }
    order.sort { ($0.time, $0.sample) < ($1.time, $1.sample) }
  }

  /// One huge request should not hold its memory for ever.
  fileprivate var isWorthKeeping: Bool {
    let places =
      order.capacity * MemoryLayout<Place>.stride + entries.capacity * MemoryLayout<WrittenSeriesCache.Entry>.stride
    return text.count + request.reservedBytes + places + batch.capacity * MemoryLayout<Sample>.stride <= 4 << 20
  }
}

/// The scratch memory that no request is using.
final class WriteScratchPool: Sendable {
  private static let maximumCount = 8

  private let free = Mutex<[WriteScratch]>([])
  private let seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  func take() -> WriteScratch { free.withLock { $0.popLast() } ?? WriteScratch(seed: seed) }

  func giveBack(_ scratch: WriteScratch) {
    guard scratch.isWorthKeeping else { return }
    free.withLock { if $0.count < Self.maximumCount { $0.append(scratch) } }
  }
}

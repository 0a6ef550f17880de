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
    try runNumbers(&work)
    if !work.request.histograms.isEmpty { try runHistograms(&work) }
  }

  private mutating func runNumbers(_ work: inout WriteScratch) throws(AppendError) {
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
    guard isWithinBounds(time, of: work.batch.count) else { return }
    let first = try appender.append(work.batch, at: time)
    note(first, time)
    if !first.unknownSeries.isEmpty { try appendAgain(first.unknownSeries, &work, time) }
    if milliseconds >= (now - RemoteWriteIntake.maximumAhead).milliseconds { tellWatcher(work, time) }
  }

  /// Refuses so many samples if their time cannot be right.
  private mutating func isWithinBounds(_ time: Timestamp, of samples: Int) -> Bool {
    // The subtraction stays within bounds: only the clock's own value has something taken from it.
    guard time.milliseconds <= (now + RemoteWriteIntake.maximumAhead).milliseconds else {
      outcome.refuse(
        .future, samples, "a sample of \(RFC3339.format(time)) is more than ten minutes ahead of this machine")
      return false
    }
    // A time that a sender forgot to set is 0: such a sample would stretch the store to 1970.
    guard time.milliseconds >= (now - retention).milliseconds else {
      outcome.refuse(
        .outOfOrder, samples,
        "a sample of \(RFC3339.format(time)) is older than the time that samples are kept, monitoring.retention")
      return false
    }
    return true
  }

  /// The store has dropped series that were silent for long: they are series again, under new numbers.
  private mutating func appendAgain(
    _ positions: [Int], _ work: inout WriteScratch, _ time: Timestamp
  ) throws(AppendError) {
    var again: [Sample] = []
    for position in positions where work.batch.indices.contains(position) {
      let index = Int(work.owners[position])
      guard try renew(index, &work) else { continue }
      again.append(Sample(series: work.entries[index].reference, value: work.batch[position].value))
    }
    if again.isEmpty { return }
    let result = try appender.append(again, at: time)
    note(result, time)
    if !result.unknownSeries.isEmpty { throw .storage("series that were made anew were forgotten at once; send again") }
  }

  /// - Returns: whether the series has a number again.
  mutating func renew(_ index: Int, _ work: inout WriteScratch) throws(AppendError) -> Bool {
    // These labels were good when the series was first seen.
    guard let labels = try? work.request.labels(of: work.request.series[index], in: message) else { return false }
    do throws(AppendError) {
      work.entries[index].reference = try appender.reference(for: labels)
    } catch {
      guard case .tooManySeries = error else { throw error }
      outcome.refuse(.limit, 1, "\(error)")
      return false
    }
    renewed.append(index)
    return true
  }

  private mutating func note(_ result: AppendOutcome, _ time: Timestamp) {
    outcome.written += result.appended
    refuse(result, time)
  }

  private mutating func refuse(_ result: AppendOutcome, _ time: Timestamp) {
    outcome.refuse(
      .outOfOrder, result.outOfOrder,
      "a sample of \(RFC3339.format(time)) is older than its series' last by more than the out-of-order window")
    outcome.refuse(
      .duplicate, result.duplicateTimestamp,
      "a sample of \(RFC3339.format(time)) has another value than the one that is stored of that time")
  }

  // MARK: native histograms

  /// The way of the histograms, behind the numbers of the request. No rule on arrival looks at them: it compares numbers.
  private mutating func runHistograms(_ work: inout WriteScratch) throws(AppendError) {
    let histograms = work.request.histograms
    let order = histograms.indices.sorted { (histograms[$0].time, $0) < (histograms[$1].time, $1) }
    var start = 0
    while start < order.count {
      let time = histograms[order[start]].time
      var owners: [Int] = []
      while start < order.count, histograms[order[start]].time == time {
        let histogram = histograms[order[start]]
        start += 1
        guard work.entries[Int(histogram.series)].mark != WrittenSeriesCache.Entry.missing else { continue }
        if let problem = histogram.value.storageProblem {
          outcome.refuse(.invalid, 1, problem)
        } else {
          owners.append(order[start - 1])
        }
      }
      let stamp = Timestamp(milliseconds: time)
      guard !owners.isEmpty, isWithinBounds(stamp, of: owners.count) else { continue }
      try append(histograms, owners, &work, at: stamp)
    }
  }

  private mutating func append(
    _ histograms: [WrittenHistogram], _ chosen: [Int], _ work: inout WriteScratch, at time: Timestamp
  ) throws(AppendError) {
    var owners = chosen
    // A second time for series that the store has dropped in the meantime.
    for turn in 0..<2 {
      let batch = owners.map { owner in
        HistogramSample(
          series: work.entries[Int(histograms[owner].series)].reference, value: histograms[owner].value)
      }
      let result = try appender.append(histograms: batch, at: time)
      outcome.histogramsWritten += result.appended
      refuse(result, time)
      outcome.refuse(.invalid, result.malformed, "a histogram cannot be stored")
      if result.unknownSeries.isEmpty { return }
      if turn > 0 { throw .storage("series that were made anew were forgotten at once; send again") }
      var again: [Int] = []
      for position in result.unknownSeries where owners.indices.contains(position) {
        if try renew(Int(histograms[owners[position]].series), &work) { again.append(owners[position]) }
      }
      owners = again
      if owners.isEmpty { return }
    }
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

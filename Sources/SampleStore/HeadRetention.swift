public import FleetModel
import Synchronization

extension HeadStore {
  /// Series looked at under one hold of the lock: about 100 µs.
  private static let seriesAtOnce = 1024

  /// Drops samples beyond the retention in age and in bytes, and series that have had none for their lifetime. Whole
  /// chunks go, so a sample may stay for as long as one chunk spans. To be called every now and then (half a minute suits);
  /// appends go on meanwhile.
  ///
  /// The series' newest samples stay even if they alone take more than the bound in bytes.
  public func expire(now: Timestamp) {
    let now = now.milliseconds
    let cutoff = before(now, configuration.retention)
    let forgetBefore = before(now, configuration.seriesLifetime)
    sweep(cutoff: cutoff, forgetBefore: forgetBefore, now: now)
    guard let maximum = configuration.maximumBytes, let span = excessSpan(over: maximum) else { return }
    var histogram = AgeHistogram(from: span.first, through: span.last)
    var next: Int? = 0
    while let first = next {
      next = state.withLock { $0.measureAges(from: first, limit: Self.seriesAtOnce, into: &histogram) }
    }
    sweep(cutoff: max(cutoff, histogram.cutoff(freeing: span.excess)), forgetBefore: forgetBefore, now: now)
  }

  private func excessSpan(over maximum: UInt64) -> (first: Int64, last: Int64, excess: Int)? {
    state.withLock { state in
      let used = state.usedBytes
      guard UInt64(used) > maximum, state.sampleCount > 0 else { return nil }
      return (state.oldest, state.newest, used - Int(maximum))
    }
  }

  private func before(_ time: Int64, _ duration: Duration) -> Int64 {
    (Timestamp(milliseconds: time) - duration).milliseconds
  }

  private func sweep(cutoff: Int64, forgetBefore: Int64, now: Int64) {
    var oldest = Int64.max
    state.withLock { $0.oldestSinceSweep = .max }
    var next: Int? = 0
    while let first = next {
      next = state.withLock { state in
        state.expire(
          from: first, limit: Self.seriesAtOnce, cutoff: cutoff, forgetBefore: forgetBefore, now: now, oldest: &oldest)
      }
    }
    state.withLock { state in
      // Samples may have come to series that the sweep had passed.
      state.oldest = min(oldest, state.oldestSinceSweep)
      if state.sampleCount == 0 { state.newest = .min }
    }
  }

  /// What is held at present. O(label names).
  public func statistics() -> HeadStatistics {
    state.withLock { state in
      var statistics = HeadStatistics()
      statistics.series = state.liveSeries
      statistics.samples = state.sampleCount
      statistics.chunks = state.chunkCount
      statistics.labelBytes = state.labels.labelBytes + state.pairNumbers.reservedBytes + state.table.reservedBytes
      statistics.indexBytes = state.series.reservedBytes + state.labels.postingsBytes
      statistics.lateSamples = state.lateCount
      statistics.unreadableChunks = state.unreadableChunks + unreadableChunks.load(ordering: .relaxed)
      let lateBytes = state.lateCount * LateColumns.sampleBytes + state.histogramBytes
      statistics.chunkBytes =
        state.segments.used * SegmentArena.bytes + state.closedChunks.usedWords * 4 + lateBytes
      statistics.reservedBytes =
        statistics.labelBytes + statistics.indexBytes + state.segments.reservedBytes
        + state.closedChunks.reservedBytes + lateBytes
      if state.sampleCount > 0 {
        statistics.oldest = Timestamp(milliseconds: state.oldest)
        statistics.newest = Timestamp(milliseconds: state.newest)
      }
      statistics.widestLabels = state.labels.names.filter { $0.liveCount > 0 }
        .map { HeadStatistics.LabelCardinality(name: String(decoding: $0.text, as: UTF8.self), values: $0.liveCount) }
        .sorted { ($0.values, $1.name) > ($1.values, $0.name) }
        .prefix(10).map { $0 }
      statistics.appended = state.appended
      statistics.outOfOrder = state.outOfOrder
      statistics.duplicateTimestamp = state.duplicateTimestamp
      return statistics
    }
  }
}

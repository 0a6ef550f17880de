import FleetModel
import Synchronization

/// Appends what the rules of one group record to the store, and shows it to the rules on arrival.
final class RuleRecorder: Sendable {
  private struct Entry {
    var reference: SeriesRef
    var token: WatchToken?
    var generation: UInt64
    /// The round of its last sample.
    var round: UInt32
  }

  private struct State {
    var entries: [LabelSet: Entry] = [:]
    var round: UInt32 = 0
  }

  /// Rounds after which a series without samples is looked up anew.
  private static let memory: UInt32 = 64

  private let appender: any SampleAppender
  private let watch: any SampleWatch
  private let state = Mutex(State())

  init(appender: any SampleAppender, watch: any SampleWatch) {
    self.appender = appender
    self.watch = watch
  }

  /// A group was evaluated: series that came to rest are forgotten now and then.
  func endRound() {
    state.withLock { state in
      state.round &+= 1
      guard state.round % Self.memory == 0 else { return }
      let round = state.round
      state.entries = state.entries.filter { round &- $0.value.round <= Self.memory }
    }
  }

  /// Appends the samples, then the staleness markers, all under their one time.
  func record(_ recorded: RecordedSamples) -> RecordingOutcome {
    state.withLock { state in
      let (samples, markers) = recorded.samples.indices.partitioned { !recorded.samples[$0].isEnd }
      var batch = Batch(recorded)
      append(samples, &batch, &state)
      let problem = batch.outcome.problem
      append(markers, &batch, &state)
      // A marker is refused where another rule gives the series now: nothing is amiss.
      batch.outcome.problem = problem
      batch.outcome.refused.sort()
      return batch.outcome
    }
  }

  private struct Batch {
    let recorded: RecordedSamples
    var outcome = RecordingOutcome()

    init(_ recorded: RecordedSamples) { self.recorded = recorded }

    mutating func refuse(_ positions: [Int], _ problem: String) {
      outcome.refused += positions
      if outcome.problem == nil { outcome.problem = problem }
    }
  }

  private func append(_ positions: [Int], _ batch: inout Batch, _ state: inout State) {
    var positions = positions
    // A second time for series that the store has dropped in the meantime.
    for turn in 0..<2 where !positions.isEmpty {
      var samples: [Sample] = []
      var owners: [Int] = []
      var histograms: [HistogramSample] = []
      var histogramOwners: [Int] = []
      var watched: [WatchedSample] = []
      samples.reserveCapacity(positions.count)
      owners.reserveCapacity(positions.count)
      for position in positions {
        let sample = batch.recorded.samples[position]
        do throws(AppendError) {
          let entry = try entry(sample.labels, isNew: turn > 0, &state)
          if let histogram = sample.histogram {
            // Rules on arrival compare numbers: they do not look at histograms.
            histograms.append(HistogramSample(series: entry.reference, value: histogram))
            histogramOwners.append(position)
            continue
          }
          samples.append(Sample(series: entry.reference, value: sample.value))
          owners.append(position)
          if let token = entry.token { watched.append(WatchedSample(token: token, value: sample.value)) }
        } catch {
          batch.refuse([position], "\(error)")
        }
      }
      positions = []
      let time = batch.recorded.time
      if !samples.isEmpty {
        let lost = append(owners, &batch) { () throws(AppendError) in try appender.append(samples, at: time) }
        positions += lost ?? []
        if lost != nil, !watched.isEmpty { watch.observe(watched, at: time) }
      }
      if !histograms.isEmpty {
        let lost = append(histogramOwners, &batch) { () throws(AppendError) in
          try appender.append(histograms: histograms, at: time)
        }
        positions += lost ?? []
      }
    }
  }

  /// - Returns: positions of samples whose series the store no longer has; `nil` if none was taken.
  private func append(
    _ owners: [Int], _ batch: inout Batch, _ body: () throws(AppendError) -> AppendOutcome
  ) -> [Int]? {
    do throws(AppendError) {
      let result = try body()
      if result.outOfOrder > 0 { batch.refuse([], "out of order sample") }
      if result.duplicateTimestamp > 0 { batch.refuse([], "duplicate sample for timestamp") }
      if result.malformed > 0 { batch.refuse([], "a histogram that cannot be stored") }
      batch.outcome.lost += result.outOfOrder + result.duplicateTimestamp + result.malformed
      return result.unknownSeries.filter(owners.indices.contains).map { owners[$0] }
    } catch {
      batch.refuse(owners, "\(error)")
      return nil
    }
  }

  private func entry(_ labels: LabelSet, isNew: Bool, _ state: inout State) throws(AppendError) -> Entry {
    let generation = watch.generation
    if !isNew, var known = state.entries[labels] {
      if known.generation != generation { known.token = Self.token(labels, watch) }
      if known.generation != generation || known.round != state.round {
        known.generation = generation
        known.round = state.round
        state.entries[labels] = known
      }
      return known
    }
    let entry = Entry(
      reference: try appender.reference(for: labels), token: Self.token(labels, watch), generation: generation,
      round: state.round)
    state.entries[labels] = entry
    return entry
  }

  /// Rules on arrival see recorded series as all others; those about alerts they do not: a rule without `metric_name` would
  /// raise alerts about alerts.
  private static func token(_ labels: LabelSet, _ watch: any SampleWatch) -> WatchToken? {
    let name = labels.metricName
    return name == AlertSeries.alerts || name == AlertSeries.forState ? nil : watch.interest(in: labels)
  }
}

extension Range<Int> {
  fileprivate func partitioned(_ isFirst: (Int) -> Bool) -> (first: [Int], second: [Int]) {
    var first: [Int] = []
    var second: [Int] = []
    first.reserveCapacity(count)
    for index in self { if isFirst(index) { first.append(index) } else { second.append(index) } }
    return (first, second)
  }
}

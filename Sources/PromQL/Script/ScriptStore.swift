import FleetModel

/// The series of a script, in memory. A value: each evaluation reads the state that it was given.
struct ScriptStore: SeriesSource {
  private var series: [LabelSet: ScriptSeries] = [:]

  mutating func clear() { series = [:] }

  /// Adds samples in any order of time; of two at one time the later call's counts.
  mutating func add(_ new: ScriptSeries) {
    guard new.samples.count > 0 || !new.histograms.isEmpty else { return }
    guard let known = series[new.labels] else {
      series[new.labels] = new
      return
    }
    var numbers = Dictionary(zip(known.samples.timestamps, known.samples.values), uniquingKeysWith: { $1 })
    var histograms = Dictionary(zip(known.histograms.timestamps, known.histograms.values), uniquingKeysWith: { $1 })
    for (time, value) in zip(new.samples.timestamps, new.samples.values) {
      numbers[time] = value
      histograms[time] = nil
    }
    for (time, histogram) in zip(new.histograms.timestamps, new.histograms.values) {
      histograms[time] = histogram
      numbers[time] = nil
    }
    let times = numbers.keys.sorted()
    let histogramTimes = histograms.keys.sorted()
    series[new.labels] = ScriptSeries(
      labels: new.labels, samples: SampleColumns(timestamps: times, values: times.compactMap { numbers[$0] }),
      histograms: HistogramColumns(timestamps: histogramTimes, values: histogramTimes.compactMap { histograms[$0] }))
  }

  func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
    let tests = try matchers.map(MatcherTest.init)
    var selected: [SelectedSeries] = []
    for one in series.values where tests.allSatisfy({ $0.accepts(one.labels) }) {
      let samples = one.samples
      let range = samples.timestamps.indices.filter {
        samples.timestamps[$0] >= from.milliseconds && samples.timestamps[$0] <= through.milliseconds
      }
      let columns = SampleColumns(
        timestamps: range.map { samples.timestamps[$0] }, values: range.map { samples.values[$0] })
      var histograms = HistogramColumns()
      for (time, histogram) in zip(one.histograms.timestamps, ResetHints.stored(one))
      where time >= from.milliseconds && time <= through.milliseconds {
        histograms.append(histogram, at: time)
      }
      if range.isEmpty, histograms.isEmpty { continue }
      selected.append(SelectedSeries(labels: one.labels, samples: columns, histograms: histograms))
    }
    return selected.sorted { LabelSet.precedes($0.labels, $1.labels) }
  }

  func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] {
    let selected = try await select(matchers, from: from, through: through)
    return Set(selected.flatMap { $0.labels.map(\.name) }).sorted()
  }

  func labelValues(
    of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] {
    let selected = try await select(matchers, from: from, through: through)
    return Set(selected.compactMap { $0.labels[name] }).sorted()
  }
}

import Alerting
import FleetModel
import PromQL
import Synchronization

/// The series of one rule test: its input series, of which only what lies before the test's clock is there, and what the rules
/// record.
final class RuleTestStore: SeriesSource {
  private struct Series {
    let labels: LabelSet
    var samples = SampleColumns()
    var histograms = HistogramColumns()

    var lastTime: Int64? {
      switch (samples.timestamps.last, histograms.timestamps.last) {
      case (let sample?, let histogram?): max(sample, histogram)
      case (let sample, let histogram): sample ?? histogram
      }
    }
  }

  private struct Input {
    let series: NotedSeries
    /// How many of its samples are there.
    var sampleCount = 0
    var histogramCount = 0
  }

  private struct State {
    var series: [Series] = []
    var numbers: [LabelSet: Int] = [:]
    var byName: [String: [Int]] = [:]
    var inputs: [Input]

    mutating func number(of labels: LabelSet) -> Int {
      if let number = numbers[labels] { return number }
      let number = series.count
      series.append(Series(labels: labels))
      numbers[labels] = number
      byName[labels.metricName, default: []].append(number)
      return number
    }

    /// - Returns: what is wrong with the time of the sample; `nil` if it is there.
    mutating func add(_ value: Double, _ histogram: NativeHistogram?, at time: Int64, to labels: LabelSet) -> String? {
      let number = number(of: labels)
      if let last = series[number].lastTime, last >= time {
        if last > time { return "out of order sample" }
        let isSame =
          histogram == nil
          ? series[number].samples.timestamps.last == time
            && series[number].samples.values.last?.bitPattern == value.bitPattern
          : series[number].histograms.timestamps.last == time && series[number].histograms.values.last == histogram
        return isSame ? nil : "duplicate sample for timestamp"
      }
      if let histogram {
        series[number].histograms.append(histogram, at: time)
      } else {
        series[number].samples.timestamps.append(time)
        series[number].samples.values.append(value)
      }
      return nil
    }
  }

  private let state: Mutex<State>

  /// Of two lines for the same series the later counts.
  init(_ inputs: [NotedSeries]) {
    var latest: [LabelSet: NotedSeries] = [:]
    for input in inputs { latest[input.labels] = input }
    let sorted = latest.values.sorted { LabelSet.precedes($0.labels, $1.labels) }
    state = Mutex(State(inputs: sorted.map { Input(series: $0) }))
  }

  /// Moves the clock: the samples of the input series up to and at `time` are there. Tells what rules have taken the place of.
  func advance(to time: Timestamp) -> [String] {
    state.withLock { state in
      var problems: [String] = []
      for index in state.inputs.indices {
        let series = state.inputs[index].series
        let samples = series.samples.timestamps.count { $0 <= time.milliseconds }
        let histograms = series.histograms.timestamps.count { $0 <= time.milliseconds }
        var next = (sample: state.inputs[index].sampleCount, histogram: state.inputs[index].histogramCount)
        while next.sample < samples || next.histogram < histograms {
          let isSample =
            next.histogram >= histograms
            || next.sample < samples
              && series.samples.timestamps[next.sample] < series.histograms.timestamps[next.histogram]
          let problem: String?
          if isSample {
            problem = state.add(
              series.samples.values[next.sample], nil, at: series.samples.timestamps[next.sample], to: series.labels)
            next.sample += 1
          } else {
            problem = state.add(
              0, series.histograms.values[next.histogram], at: series.histograms.timestamps[next.histogram],
              to: series.labels)
            next.histogram += 1
          }
          if let problem { problems.append("\(series.labels): \(problem)") }
        }
        (state.inputs[index].sampleCount, state.inputs[index].histogramCount) = (samples, histograms)
      }
      return problems
    }
  }

  /// Takes what a rule gives.
  func record(_ recorded: RecordedSamples) -> RecordingOutcome {
    state.withLock { state in
      var outcome = RecordingOutcome()
      for (index, sample) in recorded.samples.enumerated() {
        let problem = state.add(
          sample.value, sample.histogram, at: recorded.time.milliseconds, to: sample.labels)
        guard let problem else { continue }
        outcome.refused.append(index)
        // Another rule may give the series that this one no longer does.
        if outcome.problem == nil, !sample.isEnd { outcome.problem = problem }
      }
      return outcome
    }
  }

  func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
    let tests = try matchers.map(MatcherTest.init)
    let name = matchers.first { $0.name == LabelSet.metricName && $0.operation == .equal }?.value
    return state.withLock { state in
      let candidates = name.map { state.byName[$0] ?? [] } ?? Array(state.series.indices)
      var selected: [SelectedSeries] = []
      for number in candidates where tests.allSatisfy({ $0.accepts(state.series[number].labels) }) {
        let series = state.series[number]
        let samples = Self.range(series.samples.timestamps, from, through)
        let histograms = Self.range(series.histograms.timestamps, from, through)
        if samples.isEmpty, histograms.isEmpty { continue }
        selected.append(
          SelectedSeries(
            labels: series.labels,
            samples: SampleColumns(
              timestamps: Array(series.samples.timestamps[samples]), values: Array(series.samples.values[samples])),
            histograms: HistogramColumns(
              timestamps: Array(series.histograms.timestamps[histograms]),
              values: Array(series.histograms.values[histograms]))))
      }
      return selected.sorted { LabelSet.precedes($0.labels, $1.labels) }
    }
  }

  /// The positions of the times in the range; the times rise.
  private static func range(_ times: [Int64], _ from: Timestamp, _ through: Timestamp) -> Range<Int> {
    func first(where isBeyond: (Int64) -> Bool) -> Int {
      var low = 0
      var high = times.count
      while low < high {
        let middle = (low + high) / 2
        if isBeyond(times[middle]) { high = middle } else { low = middle + 1 }
      }
      return low
    }
    let start = first { $0 >= from.milliseconds }
    return start..<max(start, first { $0 > through.milliseconds })
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

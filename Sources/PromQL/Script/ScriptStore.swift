import FleetModel

/// The series of a script, in memory. A value: each evaluation reads the state that it was given.
struct ScriptStore: SeriesSource {
  private var series: [LabelSet: SampleColumns] = [:]

  mutating func clear() { series = [:] }

  /// Adds samples in any order of time; of two at one time the later call's counts.
  mutating func add(_ samples: SampleColumns, to labels: LabelSet) {
    guard samples.count > 0 else { return }
    guard let known = series[labels], known.count > 0 else {
      series[labels] = samples
      return
    }
    var byTime = Dictionary(zip(known.timestamps, known.values), uniquingKeysWith: { $1 })
    for (time, value) in zip(samples.timestamps, samples.values) { byTime[time] = value }
    let times = byTime.keys.sorted()
    series[labels] = SampleColumns(timestamps: times, values: times.map { byTime[$0] ?? 0 })
  }

  func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
    let tests = try matchers.map(Test.init)
    var selected: [SelectedSeries] = []
    for (labels, samples) in series where tests.allSatisfy({ $0.accepts(labels) }) {
      let range = samples.timestamps.indices.filter {
        samples.timestamps[$0] >= from.milliseconds && samples.timestamps[$0] <= through.milliseconds
      }
      if range.isEmpty { continue }
      let columns = SampleColumns(
        timestamps: range.map { samples.timestamps[$0] }, values: range.map { samples.values[$0] })
      selected.append(SelectedSeries(labels: labels, samples: columns))
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

  private struct Test {
    let matcher: LabelMatcher
    let pattern: LabelPattern?

    init(_ matcher: LabelMatcher) throws {
      self.matcher = matcher
      switch matcher.operation {
      case .equal, .notEqual: pattern = nil
      case .matches, .matchesNot:
        do {
          pattern = try LabelPattern(matcher.value)
        } catch {
          throw InvalidMatcher(matcher: matcher, problem: "\(error)")
        }
      }
    }

    func accepts(_ labels: LabelSet) -> Bool {
      let value = labels[matcher.name] ?? ""
      switch matcher.operation {
      case .equal: return value == matcher.value
      case .notEqual: return value != matcher.value
      case .matches: return pattern?.matches(value) == true
      case .matchesNot: return pattern?.matches(value) == false
      }
    }
  }
}

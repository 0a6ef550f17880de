import FleetModel

/// What a head must do, as plainly as can be said.
struct PlainModel {
  struct Series {
    /// What the head holds, in rising order of time.
    var samples: [(time: Int64, value: Double)] = []
    var last: Int64?
  }

  enum Verdict { case appended, repeated, duplicate, outOfOrder }

  var series: [LabelSet: Series] = [:]
  /// Samples before this may be there or not.
  var cutoff = Int64.min
  var window: Int64 = 0

  mutating func append(_ value: Double, at time: Int64, to labels: LabelSet) -> Verdict {
    var own = series[labels] ?? Series()
    defer { series[labels] = own }
    if let last = own.last, time <= last {
      if time < last - window { return .outOfOrder }
      if let held = own.samples.first(where: { $0.time == time }) {
        return held.value.bitPattern == value.bitPattern ? .repeated : .duplicate
      }
      if window == 0 { return .outOfOrder }
    }
    let place = own.samples.firstIndex { $0.time > time } ?? own.samples.count
    own.samples.insert((time, value), at: place)
    own.last = max(own.last ?? time, time)
    return .appended
  }

  /// - Returns: how many samples there were.
  mutating func delete(_ matchers: [LabelMatcher], from: Int64, through: Int64) -> Int {
    var count = 0
    for labels in series.keys where matchers.allSatisfy({ Self.matches($0, labels[$0.name] ?? "") }) {
      let before = series[labels]?.samples.count ?? 0
      series[labels]?.samples.removeAll { $0.time >= from && $0.time <= through }
      count += before - (series[labels]?.samples.count ?? 0)
    }
    return count
  }

  mutating func remove(_ times: Set<Int64>, of labels: LabelSet) {
    series[labels]?.samples.removeAll { times.contains($0.time) }
  }

  func select(_ matchers: [LabelMatcher], from: Int64, through: Int64) -> [(
    labels: LabelSet, samples: [(time: Int64, value: Double)]
  )] {
    var result: [(labels: LabelSet, samples: [(time: Int64, value: Double)])] = []
    for (labels, series) in series where matchers.allSatisfy({ Self.matches($0, labels[$0.name] ?? "") }) {
      let samples = series.samples.filter { $0.time >= from && $0.time <= through }
      if !samples.isEmpty { result.append((labels, samples)) }
    }
    return result.sorted { Self.key($0.labels).lexicographicallyPrecedes(Self.key($1.labels)) }
  }

  private static func key(_ labels: LabelSet) -> [String] { labels.flatMap { [$0.name, $0.value] } }

  private static func matches(_ matcher: LabelMatcher, _ value: String) -> Bool {
    switch matcher.operation {
    case .equal: value == matcher.value
    case .notEqual: value != matcher.value
    case .matches: (try? LabelPattern(matcher.value))?.matches(value) ?? false
    case .matchesNot: !((try? LabelPattern(matcher.value))?.matches(value) ?? true)
    }
  }
}

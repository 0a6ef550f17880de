import FleetModel

/// What a store must do, as plainly as can be said.
struct PlainModel {
  struct Series {
    var samples: [(time: Int64, value: Double)] = []
    var last: Int64?
  }

  enum Verdict { case appended, repeated, duplicate, late }

  var series: [LabelSet: Series] = [:]
  var cutoff = Int64.min

  mutating func append(_ value: Double, at time: Int64, to labels: LabelSet) -> Verdict {
    if let last = series[labels]?.last {
      if time < last || (time == last && last < cutoff) { return .late }
      if time == last {
        return series[labels]?.samples.last?.value.bitPattern == value.bitPattern ? .repeated : .duplicate
      }
    }
    series[labels, default: Series()].samples.append((time, value))
    series[labels]?.last = time
    return .appended
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

/// Random numbers that repeat from their seed (SplitMix64).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

import FleetModel

/// To which series and part of the query remarks on a window belong.
struct WindowRemarks {
  let metric: String
  let range: SourceRange
}

/// What the functions over range vectors do with histograms (prometheus/prometheus `promql/functions.go`).
enum MixedFunction {
  case extrapolated(isCounter: Bool, isPerSecond: Bool)
  case lastDifference(isRate: Bool)
  case changes
  case resets
  case sum
  case mean
  case count
  case present
  case first
  case last
  case firstTime
  case lastTime
  /// Takes numbers alone.
  case numbersOnly

  init?(_ name: String) {
    switch name {
    case "rate": self = .extrapolated(isCounter: true, isPerSecond: true)
    case "increase": self = .extrapolated(isCounter: true, isPerSecond: false)
    case "delta": self = .extrapolated(isCounter: false, isPerSecond: false)
    case "irate": self = .lastDifference(isRate: true)
    case "idelta": self = .lastDifference(isRate: false)
    case "changes": self = .changes
    case "resets": self = .resets
    case "sum_over_time": self = .sum
    case "avg_over_time": self = .mean
    case "count_over_time": self = .count
    case "present_over_time": self = .present
    case "first_over_time": self = .first
    case "last_over_time": self = .last
    case "ts_of_first_over_time": self = .firstTime
    case "ts_of_last_over_time": self = .lastTime
    default: self = .numbersOnly
    }
  }

  func outcome(_ window: MixedWindow, _ remarks: WindowRemarks, _ annotations: inout Annotations) -> MixedOutcome {
    switch self {
    case .extrapolated(let isCounter, let isPerSecond):
      return HistogramRate(isCounter: isCounter, remarks: remarks)
        .extrapolated(window, isPerSecond: isPerSecond, &annotations)
    case .lastDifference(let isRate):
      return HistogramRate(isCounter: isRate, remarks: remarks).lastDifference(window, &annotations)
    case .changes: return .number(Self.transitions(window.samples.map(\.sample)) { !$1.isIdentical(to: $0) })
    case .resets:
      return .number(
        Self.transitions(window.samples.map(\.sample)) {
          $1.isReset(after: $0)
        } numbers: {
          $1 < $0
        })
    case .sum, .mean:
      if !window.numberRange.isEmpty {
        annotations.mixedFloatsAndHistograms(remarks.metric, at: remarks.range)
        return .nothing
      }
      return gathered(window, remarks, &annotations)
    case .count: return .number(Double(window.numberRange.count + window.histogramRange.count))
    case .present: return .number(1)
    case .first: return .sample(window.first.sample)
    case .last: return .sample(window.last.sample)
    case .firstTime: return .number(Double(window.first.time) / 1000)
    case .lastTime: return .number(Double(window.last.time) / 1000)
    case .numbersOnly:
      if window.numberRange.isEmpty { return .nothing }
      annotations.ignoredHistogramsInMixedRange(remarks.metric, at: remarks.range)
      return .ofNumbers
    }
  }

  private func gathered(
    _ window: MixedWindow, _ remarks: WindowRemarks, _ annotations: inout Annotations
  ) -> MixedOutcome {
    var isMean = false
    if case .mean = self { isMean = true }
    var gathering = HistogramGathering(isMean: isMean)
    for index in window.histogramRange {
      if !gathering.add(window.histograms.values[index]) {
        annotations.mixedSchemas(remarks.metric, at: remarks.range)
        return .nothing
      }
    }
    if gathering.hadCollidingResets { annotations.collidingResets(in: .aggregation, at: remarks.range) }
    if gathering.hadDifferentBounds { annotations.reconciledBounds(in: .aggregation, at: remarks.range) }
    return gathering.value.map { .sample(.histogram($0)) } ?? .nothing
  }

  /// How often a sample differs from the one before: from number to histogram and back always, otherwise as the closures say.
  static func transitions(
    _ samples: [MixedSample], _ histograms: (NativeHistogram, NativeHistogram) -> Bool,
    numbers: (Double, Double) -> Bool = { $0 != $1 && !($0.isNaN && $1.isNaN) }
  ) -> Double {
    var count = 0.0
    for (before, now) in zip(samples, samples.dropFirst()) {
      switch (before, now) {
      case (.number(let before), .number(let now)): if numbers(before, now) { count += 1 }
      case (.histogram(let before), .histogram(let now)): if histograms(before, now) { count += 1 }
      default: count += 1
      }
    }
    return count
  }
}

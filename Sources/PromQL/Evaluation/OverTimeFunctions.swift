import Glibc

struct SumOverTime: WindowFunction {
  mutating func value(_ window: SampleWindow) -> Double {
    var total = CompensatedSum()
    for index in window.lower..<window.upper { total.add(window.values[index]) }
    return total.sum.isInfinite ? total.sum : total.value
  }
}

struct MeanOverTime: WindowFunction {
  mutating func value(_ window: SampleWindow) -> Double {
    // The usual case first: a sum that does not overflow.
    var total = CompensatedSum(window.values[window.lower])
    var index = window.lower + 1
    while index < window.upper {
      total.add(window.values[index])
      index += 1
    }
    let count = Double(window.count)
    if total.sum.isFinite { return total.sum / count + total.compensation / count }
    var mean = RunningMean()
    for index in window.lower..<window.upper { mean.add(window.values[index]) }
    return mean.value
  }
}

struct ExtremeOverTime: WindowFunction {
  let isMaximum: Bool

  mutating func value(_ window: SampleWindow) -> Double {
    var extreme = window.values[window.lower]
    for index in window.lower + 1..<max(window.upper, window.lower + 1) {
      let next = window.values[index]
      if isMaximum ? next > extreme : next < extreme { extreme = next } else if extreme.isNaN { extreme = next }
    }
    return extreme
  }
}

struct CountOverTime: WindowFunction {
  mutating func value(_ window: SampleWindow) -> Double { Double(window.count) }
}

struct PresentOverTime: WindowFunction {
  mutating func value(_ window: SampleWindow) -> Double { 1 }
}

/// `last_over_time`, `first_over_time` and, in seconds, their `ts_of_` kin.
struct EndOverTime: WindowFunction {
  let isLast: Bool
  let givesTime: Bool

  mutating func value(_ window: SampleWindow) -> Double {
    let index = isLast ? window.upper - 1 : window.lower
    return givesTime ? Double(window.times[index]) / 1000 : window.values[index]
  }
}

/// `ts_of_max_over_time` and `ts_of_min_over_time`: of several, the last.
struct ExtremeTime: WindowFunction {
  let isMaximum: Bool

  mutating func value(_ window: SampleWindow) -> Double {
    var extreme = window.values[window.lower]
    var time = window.times[window.lower]
    for index in window.lower..<window.upper {
      let next = window.values[index]
      if (isMaximum ? next >= extreme : next <= extreme) || extreme.isNaN {
        extreme = next
        time = window.times[index]
      }
    }
    return Double(time) / 1000
  }
}

/// `stdvar_over_time` and `stddev_over_time`, of the whole population (B. P. Welford, Technometrics 4, 1962).
struct VarianceOverTime: WindowFunction {
  let isDeviation: Bool

  mutating func value(_ window: SampleWindow) -> Double {
    var mean = CompensatedSum()
    var squares = CompensatedSum()
    var count = 0.0
    for index in window.lower..<window.upper {
      count += 1
      let value = window.values[index]
      let delta = value - mean.value
      mean.add(delta / count)
      squares.add(delta * (value - mean.value))
    }
    let variance = squares.value / count
    return isDeviation ? variance.squareRoot() : variance
  }
}

struct QuantileOverTime: WindowFunction {
  /// Of each step.
  let quantiles: [Double]
  private var scratch: [Double] = []

  init(quantiles: [Double]) { self.quantiles = quantiles }

  mutating func value(_ window: SampleWindow) -> Double {
    scratch.removeAll(keepingCapacity: true)
    for index in window.lower..<window.upper { scratch.append(window.values[index]) }
    return Quantile.value(quantiles[window.step], of: &scratch)
  }
}

/// `mad_over_time`: the median of the distances from the median.
struct MedianDeviation: WindowFunction {
  private var scratch: [Double] = []

  init() {}

  mutating func value(_ window: SampleWindow) -> Double {
    scratch.removeAll(keepingCapacity: true)
    for index in window.lower..<window.upper { scratch.append(window.values[index]) }
    if scratch.contains(where: \.isNaN) { return .nan }
    let median = Quantile.value(0.5, of: &scratch)
    for index in scratch.indices { scratch[index] = (scratch[index] - median).magnitude }
    return Quantile.value(0.5, of: &scratch)
  }
}

/// `double_exponential_smoothing` (Holt and Winters' method without seasons).
struct DoubleSmoothing: WindowFunction {
  /// Of each step.
  let smoothing: [Double]
  let trend: [Double]

  mutating func value(_ window: SampleWindow) -> Double {
    guard window.count > 1 else { return Point.absent }
    let smoothing = smoothing[window.step]
    let trendFactor = trend[window.step]
    var previous = 0.0
    var level = window.values[window.lower]
    var trend = window.values[window.lower + 1] - level
    for index in window.lower + 1..<window.upper {
      if index > window.lower + 1 { trend = trendFactor * (level - previous) + (1 - trendFactor) * trend }
      let next = smoothing * window.values[index] + (1 - smoothing) * (level + trend)
      previous = level
      level = next
    }
    return level
  }
}

enum Quantile {
  /// The φ-quantile of the values, between two of them by weight; sorts them, NaN first.
  static func value(_ quantile: Double, of values: inout [Double]) -> Double {
    if values.isEmpty || quantile.isNaN { return .nan }
    if quantile < 0 { return -.infinity }
    if quantile > 1 { return .infinity }
    values.sort { $0.isNaN ? !$1.isNaN : $0 < $1 }
    let rank = quantile * Double(values.count - 1)
    let below = rank.rounded(.down)
    let lower = max(0, Int(below))
    let upper = min(values.count - 1, lower + 1)
    let weight = rank - below
    return values[lower] * (1 - weight) + values[upper] * weight
  }

  static func isValid(_ quantile: Double) -> Bool { quantile >= 0 && quantile <= 1 }
}

import FleetModel
import Glibc

/// A value axis: from where to where, and where it is labelled.
struct ValueAxis {
  let least: Double
  let most: Double
  let ticks: [(value: Double, label: String)]

  /// An axis that holds all numbers between `least` and `most`, with about `count` labels at round numbers.
  init(from least: Double, to most: Double, unit: PlotUnit, count: Int) {
    var (least, most) = (least, most)
    // Near enough to zero, the axis begins there: heights are then to scale.
    if least > 0, least < most * 0.5 { least = 0 }
    if most < 0, most > least * 0.5 { most = 0 }
    if least == most {
      let margin = least == 0 ? 1 : abs(least) * 0.1
      (least, most) = (least - margin, most + margin)
    }
    // The difference of the greatest numbers may not be a number any more.
    let (divisor, suffix) = unit.scale(upTo: max(abs(least), abs(most)))
    let (low, high) = (least / divisor, most / divisor)
    let step = Self.roundStep((high / 2 - low / 2) * 2 / Double(max(1, count)))
    let isUsable = step.isFinite && step > 0
    let first = isUsable ? (low / step).rounded(.down) : 0
    let last = isUsable ? (high / step).rounded(.up) : 0
    guard isUsable, last - first >= 1, last - first < 1000 else {
      self.least = least
      self.most = most
      ticks = [(least, "\(least)"), (most, "\(most)")]
      return
    }
    self.least = first * step * divisor
    self.most = last * step * divisor
    let decimals = max(0, min(12, Int(-log10(step).rounded(.down))))
    ticks = (0...Int(last - first)).map { index in
      let value = (first + Double(index)) * step
      return (value * divisor, Self.fixed(value, decimals: decimals) + suffix)
    }
  }

  /// 1, 2 or 5 times a power of ten, at least `step`.
  static func roundStep(_ step: Double) -> Double {
    guard step.isFinite, step > 0 else { return 0 }
    let power = pow(10, log10(step).rounded(.down))
    for factor in [1.0, 2, 5] where step <= factor * power * (1 + 1e-9) { return factor * power }
    return 10 * power
  }

  /// With so many digits behind the point.
  static func fixed(_ value: Double, decimals: Int) -> String {
    let factor = pow(10, Double(decimals))
    let scaled = (value * factor).rounded()
    guard scaled.magnitude < 1e15 else { return "\(value)" }
    let whole = Int64(scaled)
    let digits = String(whole.magnitude)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = whole < 0 ? "-" : ""
    return decimals == 0 ? sign + padded : "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }
}

extension Timestamp {
  /// The nearest moment; far from the ends of 64 bits.
  init(seconds: Double) { self.init(milliseconds: Int64(min(max(seconds * 1000, -9e15), 9e15).rounded())) }
}

/// A time axis in UTC.
struct TimeAxis {
  /// Seconds since 1970.
  let ticks: [(seconds: Double, label: String)]

  private static let steps: [Double] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
    1_209_600, 2_592_000, 7_776_000, 31_536_000,
  ]

  init(from start: Double, to end: Double, count: Int) {
    let wanted = (end - start) / Double(max(1, count))
    let step = Self.steps.first { $0 >= wanted } ?? (wanted / 31_536_000).rounded(.up) * 31_536_000
    var ticks: [(Double, String)] = []
    var time = (start / step).rounded(.up) * step
    while time <= end, ticks.count < 100 {
      ticks.append((time, Self.label(time, step)))
      time += step
    }
    self.ticks = ticks
  }

  private static func label(_ seconds: Double, _ step: Double) -> String {
    let text = RFC3339.format(Timestamp(seconds: seconds))
    let date = text.prefix(10).dropFirst(5)
    if step >= 86_400 { return step >= 31_536_000 ? String(text.prefix(10)) : String(date) }
    let isMidnight = seconds.truncatingRemainder(dividingBy: 86_400) == 0
    if isMidnight { return String(date) }
    return String(text.dropFirst(11).prefix(step < 60 ? 8 : 5))
  }
}

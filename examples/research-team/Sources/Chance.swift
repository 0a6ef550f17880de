import Glibc

/// Draws what varies from one piece of work to the next.
enum Chance {
  /// Whether something of that probability happens now.
  static func happens(_ probability: Double) -> Bool { Double.random(in: 0..<1) < probability }

  /// Names something: 16 hex digits.
  static func identifier() -> String { String(UInt64.random(in: 1 << 60 ... .max), radix: 16) }

  /// A log-normal value: half of them below `median`, never negative, at most fifty times the median.
  static func logNormal(median: Double, spread: Double) -> Double {
    // Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
    let radius = (-2 * log(Double.random(in: Double.leastNonzeroMagnitude..<1))).squareRoot()
    let normal = radius * cos(2 * .pi * Double.random(in: 0..<1))
    return min(median * exp(spread * normal), 50 * median)
  }
}

/// A straight line through points by least squares, with what is known of its certainty.
///
/// What is measured of a system depends on what was measured just before, so that its points say less than independent ones
/// would. They are counted as `n (1 − r) / (1 + r)` of them, r being the lag-1 autocorrelation of the residuals (H. von Storch and F.
/// Zwiers, Statistical Analysis in Climate Research, 6.6.8; B. Santer et al., J. Geophys. Res. 105, 2000).
struct Regression: Sendable, Hashable {
  let slope: Double
  let count: Int
  /// As how many independent points they count; at least 3.
  let effectiveCount: Double
  /// Of the residuals, 0 to 0.99.
  let autocorrelation: Double
  /// Of the variance of y, how much the line explains.
  let explained: Double
  private let meanX: Double
  private let meanY: Double
  /// Of squared differences from the mean, were the points independent ones.
  private let spreadX: Double
  private let variance: Double

  /// `nil` with fewer than three points, or where all are at one place. Passes over none: leave out what is unknown before.
  init?(_ points: [(x: Double, y: Double)]) {
    guard points.count >= 3 else { return nil }
    let n = Double(points.count)
    let meanX = points.reduce(0) { $0 + $1.x } / n
    let meanY = points.reduce(0) { $0 + $1.y } / n
    let sxx = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    let sxy = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
    let syy = points.reduce(0) { $0 + ($1.y - meanY) * ($1.y - meanY) }
    guard sxx > 0, sxx.isFinite, sxy.isFinite, syy.isFinite else { return nil }
    let slope = sxy / sxx
    let residuals = points.map { $0.y - meanY - slope * ($0.x - meanX) }
    let squares = residuals.reduce(0) { $0 + $1 * $1 }
    // What is left over by rounding alone is nothing.
    let rest = squares <= syy * 1e-18 ? 0 : squares
    let neighbours = zip(residuals, residuals.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    let correlation = rest > 0 ? min(max(neighbours / rest, 0), 0.99) : 0
    let effective = min(n, max(3, n * (1 - correlation) / (1 + correlation)))
    self.slope = slope
    self.meanX = meanX
    self.meanY = meanY
    count = points.count
    effectiveCount = effective
    autocorrelation = correlation
    explained = syy > 0 ? 1 - rest / syy : 0
    spreadX = sxx * effective / n
    variance = rest / n * effective / max(1, effective - 2)
  }

  /// Whether the slope is other than nothing, by a t-test on both sides at 5 %.
  var isSure: Bool {
    guard slope != 0 else { return false }
    return slope.magnitude > StudentT.quantile975(effectiveCount - 2) * (variance / spreadX).squareRoot()
  }

  func value(at x: Double) -> Double { meanY + slope * (x - meanX) }

  /// Half the width of the interval which a further point at `x` lies in with 95 %.
  func margin(at x: Double) -> Double {
    let distance = x - meanX
    return StudentT.quantile975(effectiveCount - 2)
      * (variance * (1 + 1 / effectiveCount + distance * distance / spreadX)).squareRoot()
  }
}

/// Student's t distribution.
enum StudentT {
  /// What 97.5 % lie below, by the expansion of M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, 26.7.5, with
  /// the exact values where it is off by more than 1 %.
  static func quantile975(_ freedom: Double) -> Double {
    if freedom < 1.5 { return 12.706 }
    if freedom < 2.5 { return 4.303 }
    let z = 1.959964
    let (z3, z5, z7, z9) = (z * z * z, z * z * z * z * z, 111.1058, 426.8083)
    let v = freedom
    return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v)
      + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v)
      + (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / (92_160 * v * v * v * v)
  }
}

import FleetModel

/// A straight line and what comes back with the hour, the day or the week.
///
/// A season is believed where three cycles are there, it explains most of what the line leaves (R. Hyndman and G. Athanasopoulos,
/// Forecasting: Principles and Practice, 3rd edition, 4.3: a strength of 0.64, the bound of their `unitroot_nsdiffs`), and the last cycle is
/// told from those before at least √2 times as closely as by the line alone.
struct Season: Sendable {
  let length: Duration
  let cycles: Int
  private let model: Model
  private let count: Int

  private static let lengths: [Duration] = [.seconds(3600), .seconds(86_400), .seconds(7 * 86_400)]
  private static let leastCycles = 3
  private static let leastSteps: Int64 = 4
  /// Of all points, so many have to be known.
  private static let leastKnown = 0.8
  private static let leastStrength = 0.64
  private static let leastGain = 0.5

  /// `nil` where there is none. O(values × lengths).
  init?(_ values: [Double?], _ points: PerformanceReport.Points) {
    let step = points.step.wholeMilliseconds
    guard step > 0 else { return nil }
    var best: (model: Model, length: Duration)?
    for length in Self.lengths where length.wholeMilliseconds % step == 0 {
      guard length.wholeMilliseconds / step >= Self.leastSteps,
        let steps = Int(exactly: length.wholeMilliseconds / step), values.count / steps >= Self.leastCycles,
        let model = Model(values[...], steps), model.strength >= Self.leastStrength,
        model.strength > (best?.model.strength ?? 0) + 0.01, Self.tellsTheLast(steps, values)
      else { continue }
      best = (model, length)
    }
    guard let best else { return nil }
    model = best.model
    length = best.length
    count = values.count
    cycles = values.count / best.model.steps
  }

  func value(at place: Int) -> Double { model.value(at: place) }

  /// Half the width of the interval which a further point lies in with 95 %.
  func margin(at place: Int) -> Double {
    let n = Double(count)
    let distance = Double(place) - (n - 1) / 2
    let slope = 12 * distance * distance / (n * n * n)
    return StudentT.quantile975(model.freedom) * (model.variance * (1 + 1 / Double(cycles) + slope)).squareRoot()
  }

  private static func tellsTheLast(_ steps: Int, _ values: [Double?]) -> Bool {
    let (before, last) = (values[..<(values.count - steps)], values[(values.count - steps)...])
    let known = before.indices.compactMap { place in before[place].map { (x: Double(place), y: $0) } }
    guard let model = Model(before, steps), let line = Regression(known) else { return false }
    var (seasonal, straight) = (0.0, 0.0)
    for place in last.indices {
      guard let value = last[place] else { continue }
      let (one, other) = (value - model.value(at: place), value - line.value(at: Double(place)))
      seasonal += one * one
      straight += other * other
    }
    return seasonal < straight * leastGain
  }

  private struct Model: Sendable {
    let steps: Int
    let strength: Double
    let variance: Double
    let freedom: Double
    private let slope: Double
    private let offsets: [Double]

    init?(_ values: ArraySlice<Double?>, _ steps: Int) {
      let known = values.indices.compactMap { place -> (place: Int, value: Double)? in
        values[place].flatMap { $0.isFinite ? (place, $0) : nil }
      }
      guard Double(known.count) >= Double(values.count) * Season.leastKnown, known.count > steps + 1 else { return nil }
      var (rise, pairs) = (0.0, 0)
      for (place, value) in known {
        guard place - steps >= values.startIndex, let before = values[place - steps], before.isFinite else { continue }
        rise += value - before
        pairs += 1
      }
      guard pairs > 0 else { return nil }
      let slope = rise / Double(pairs * steps)
      var (sums, counts) = (Array(repeating: 0.0, count: steps), Array(repeating: 0, count: steps))
      for (place, value) in known {
        sums[place % steps] += value - slope * Double(place)
        counts[place % steps] += 1
      }
      guard counts.allSatisfy({ $0 > 0 }) else { return nil }
      let offsets = zip(sums, counts).map { $0 / Double($1) }
      let mean = known.reduce(0) { $0 + $1.value - slope * Double($1.place) } / Double(known.count)
      var (left, all) = (0.0, 0.0)
      for (place, value) in known {
        let flat = value - slope * Double(place)
        left += (flat - offsets[place % steps]) * (flat - offsets[place % steps])
        all += (flat - mean) * (flat - mean)
      }
      guard all > 0, all.isFinite else { return nil }
      self.steps = steps
      self.slope = slope
      self.offsets = offsets
      freedom = Double(max(1, known.count - steps - 1))
      variance = left / freedom
      strength = max(0, 1 - left / all)
    }

    func value(at place: Int) -> Double { slope * Double(place) + offsets[place % steps] }
  }
}

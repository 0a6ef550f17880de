public import FleetModel

/// Where a figure goes.
public struct Trend: Sendable, Hashable {
  public enum Direction: String, Sendable, Hashable, CaseIterable, Codable {
    case rising, falling, steady
  }

  public var direction: Direction
  /// Of the line through the points, per hour; 0 where it is steady.
  public var slopePerHour: Double
  /// `nil` where there is too little to go by.
  public var forecast: Forecast?
}

/// What a figure is expected to be, and how sure that is.
public struct Forecast: Sendable, Hashable {
  public enum Method: String, Sendable, Hashable, CaseIterable, Codable {
    /// A straight line (least squares).
    case linear
    /// A straight line and what comes back with the hour, the day or the week.
    case seasonal
  }

  public enum Certainty: String, Sendable, Hashable, CaseIterable, Codable {
    case high, medium, low
  }

  public struct Point: Sendable, Hashable {
    public var at: Timestamp
    public var value: Double
    /// What was measured will lie between these with ``Forecast/confidence``, should all go on as it did.
    public var low: Double
    public var high: Double
  }

  public static let confidence = 0.95

  public var method: Method
  /// The last is what it is asked for.
  public var points: [Point]
  public var certainty: Certainty
  /// What the certainty comes from, in words.
  public var why: String
  public var season: Duration?
}

/// What a trend is of: which differences matter.
enum Measure: Sendable {
  case percent
  case rate

  /// A change over the window below which nobody minds.
  func leastChange(_ mean: Double) -> Double {
    switch self {
    case .percent: 1
    case .rate: mean.magnitude * 0.05
    }
  }

  func certainty(margin: Double, mean: Double) -> Forecast.Certainty {
    let (high, medium) =
      switch self {
      case .percent: (5.0, 15.0)
      case .rate: (mean.magnitude * 0.1, mean.magnitude * 0.4)
      }
    return margin <= high ? .high : margin <= medium ? .medium : .low
  }

  func text(_ value: Double) -> String {
    switch self {
    case .percent: "\(ReportNumber.digits(value)) points"
    case .rate: "\(ReportNumber.digits(value))/s"
    }
  }
}

extension Trend {
  /// Fewer points say nothing of where they go.
  static let leastPoints = 8
  /// Forecasts reach over this part of the window.
  static let horizon = 0.5
  /// Points of a forecast.
  static let forecastPoints = 24

  /// `nil` with fewer than ``leastPoints`` known values. O(values).
  init?(_ values: [Double?], _ points: PerformanceReport.Points, of measure: Measure) {
    let hours = points.step.seconds / 3600
    let known = values.enumerated().compactMap { place, value in
      value.flatMap { $0.isFinite ? (x: Double(place) * hours, y: $0) : nil }
    }
    guard known.count >= Self.leastPoints, let line = Regression(known), let last = known.last else { return nil }
    let mean = known.reduce(0) { $0 + $1.y } / Double(known.count)
    let change = line.slope * (last.x - known[0].x)
    let isSteady = !line.isSure || change.magnitude < measure.leastChange(mean)
    direction = isSteady ? .steady : change > 0 ? .rising : .falling
    slopePerHour = isSteady ? 0 : line.slope
    let steps = max(1, Int((Double(points.count) * Self.horizon).rounded()))
    let stride = max(1, steps / Self.forecastPoints)
    let places = Array(Swift.stride(from: values.count - 1 + stride, through: values.count - 1 + steps, by: stride))
    let season = Season(values, points)
    let cast = places.map { place in
      let (value, margin) =
        season.map { ($0.value(at: place), $0.margin(at: place)) }
        ?? (line.value(at: Double(place) * hours), line.margin(at: Double(place) * hours))
      return Forecast.Point(
        at: points.start + .milliseconds(points.step.wholeMilliseconds * Int64(place)), value: max(0, value),
        low: max(0, value - margin), high: max(0, value + margin))
    }
    guard let end = cast.last, let place = places.last else {
      forecast = nil
      return
    }
    let margin = season?.margin(at: place) ?? line.margin(at: Double(place) * hours)
    var why = "within ±\(measure.text(margin)) by \(known.count) points"
    if let season {
      why += " over \(season.cycles) \(season.cycles == 1 ? "cycle" : "cycles") of \(ReportNumber.span(season.length))"
    } else if line.effectiveCount < Double(known.count) * 0.9 {
      why += ", which count as \(Int(line.effectiveCount.rounded())) since each follows from the one before"
    }
    var certainty = measure.certainty(margin: margin, mean: mean)
    if known.count < 2 * Self.leastPoints, certainty == .high { certainty = .medium }
    guard end.high.isFinite else {
      forecast = nil
      return
    }
    forecast = Forecast(
      method: season == nil ? .linear : .seasonal, points: cast, certainty: certainty, why: why, season: season?.length)
  }
}

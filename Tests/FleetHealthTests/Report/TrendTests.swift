import FleetModel
import Testing

@testable import FleetHealth

@Suite struct TrendTests {
  private static func points(_ count: Int, step: Int = 900) -> PerformanceReport.Points {
    PerformanceReport.Points(start: ReportFleet.start, step: .seconds(step), count: count)
  }

  @Test func aStraightLineGoesOn() throws {
    let trend = try #require(Trend((0..<96).map { 20 + Double($0) / 4 }, Self.points(96), of: .percent))
    #expect(trend.direction == .rising && abs(trend.slopePerHour - 1) < 1e-9)
    let forecast = try #require(trend.forecast)
    let last = try #require(forecast.points.last)
    #expect(forecast.method == .linear && forecast.certainty == .high)
    #expect(last.at == ReportFleet.start + .seconds(900 * (95 + 48)))
    #expect(abs(last.value - (20 + 143.0 / 4)) < 1e-6 && last.high - last.low < 1e-6)
  }

  @Test(arguments: [0, 1, 7]) func tooFewPointsTellNothing(count: Int) {
    #expect(Trend((0..<count).map { Double($0) }, Self.points(count), of: .percent) == nil)
  }

  @Test func whatIsUnknownIsLeftOut() throws {
    let values: [Double?] = (0..<96).map { (place: Int) -> Double? in
      if place == 4 { return .nan }
      return place % 3 == 0 ? nil : 20 + Double(place) / 4
    }
    let trend = try #require(Trend(values, Self.points(96), of: .percent))
    #expect(abs(trend.slopePerHour - 1) < 1e-9)
  }

  /// Less than a point over the window is nothing to speak of, however sure.
  @Test(arguments: [(0.98, Trend.Direction.steady), (1.02, .rising), (-1.02, .falling)])
  func whatNobodyMindsIsSteady(change: Double, direction: Trend.Direction) throws {
    let trend = try #require(Trend((0..<96).map { 20 + change * Double($0) / 95 }, Self.points(96), of: .percent))
    #expect(trend.direction == direction)
  }

  /// Of independent points with a slope, the interval holds about 95 % of what comes.
  @Test func theIntervalHoldsWhatItSays() throws {
    var random = SplitMix(state: 42)
    func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + random.unit() } }
    var held = 0
    for _ in 0..<1000 {
      let values = (0..<40).map { 50 + 0.1 * Double($0) + normal() }
      let line = try #require(Regression(values.enumerated().map { (Double($0), $1) }))
      let actual = 50 + 0.1 * 60 + normal()
      if abs(actual - line.value(at: 60)) <= line.margin(at: 60) { held += 1 }
    }
    #expect((930...985).contains(held), "\(held)")
  }

  /// A walk has no direction; counted as independent, its points would nearly always seem to have one.
  @Test func aWalkCountsForLess() throws {
    var random = SplitMix(state: 3)
    var level = 0.0
    let values = (0..<200).map { place -> (x: Double, y: Double) in
      level += random.unit() - 0.5
      return (Double(place), level)
    }
    let line = try #require(Regression(values))
    #expect(line.effectiveCount < 20 && line.autocorrelation > 0.8)
  }

  @Test func studentsQuantilesAreThoseOfTheTables() {
    let table: [(Double, Double)] = [
      (1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980),
    ]
    for (freedom, value) in table { #expect(abs(StudentT.quantile975(freedom) / value - 1) < 0.005, "\(freedom)") }
  }

  /// Busy from the ninth to the seventeenth hour, over five days, with some noise.
  private static func truth(_ hour: Int) -> Double {
    let base: Double = (9..<17).contains(hour % 24) ? 60 : 20
    return base + Double(hour) * 0.02
  }

  private static func days(_ count: Int, noise: Double) -> [Double?] {
    var random = SplitMix(state: 9)
    return (0..<(count * 24)).map { hour in truth(hour) + (random.unit() - 0.5) * noise }
  }

  @Test func aDayIsASeason() throws {
    let points = Self.points(120, step: 3600)
    let trend = try #require(Trend(Self.days(5, noise: 6), points, of: .percent))
    let forecast = try #require(trend.forecast)
    #expect(forecast.method == .seasonal && forecast.season == .seconds(86_400))
    for point in forecast.points {
      let hour = Int((point.at - points.start).seconds / 3600)
      let truth = Self.truth(hour)
      #expect(point.low < truth && truth < point.high && abs(point.value - truth) < 5, "hour \(hour): \(point)")
    }
  }

  /// Two days are no proof, nor is noise alone.
  @Test(arguments: [(2, 6.0), (5, 400)]) func noSeasonIsMadeUp(days: Int, noise: Double) throws {
    let values = Self.days(days, noise: noise)
    let trend = try #require(Trend(values, Self.points(values.count, step: 3600), of: .percent))
    #expect(trend.forecast?.method == .linear)
  }

  @Test func theGaugeSaysMeanPeakAndPercentile() {
    var gauge = UsageGauge(ReportFleet.points)
    for value in 1...1000 { gauge.add(Double(value), at: ReportFleet.start.milliseconds + Int64(value) * 80_000) }
    gauge.add(.nan, at: 0)
    gauge.add(-1, at: 0)
    let figures = gauge.figures
    #expect(figures.samples == 1000 && figures.mean == 500.5 && figures.max == 1000)
    #expect(abs((figures.p95 ?? 0) / 950 - 1) < 0.005)
    #expect(figures.points.count == 96 && figures.points[0] == 6 && figures.points[95] == nil)
    #expect(UsageGauge(ReportFleet.points).figures.mean == nil)
    var zeros = UsageGauge(ReportFleet.points)
    zeros.add(0, at: ReportFleet.start.milliseconds)
    #expect(zeros.figures.p95 == 0 && zeros.figures.points[0] == 0)
  }

  @Test(arguments: [
    (600, 15, 15, 40), (3600, 1, 30, 120), (86_400, 30, 600, 144), (7 * 86_400, 30, 3600, 168),
    (15 * 86_400, 30, 7200, 180), (3600, 300, 300, 12), (10, 30, 30, 1), (2000 * 86_400, 30, 12 * 86_400, 167),
  ])
  func pointsAreSpacedRoundly(window: Int, interval: Int, step: Int, count: Int) {
    let points = PerformanceReport.Points(
      from: ReportFleet.end - .seconds(window), through: ReportFleet.end, interval: .seconds(interval))
    #expect(points.step == .seconds(step) && points.count == count, "\(points)")
  }
}

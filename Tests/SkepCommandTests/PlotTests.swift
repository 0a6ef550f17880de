import FleetModel
import PromQL
import Testing

@testable import skep

@Suite("plots in the terminal")
struct PlotTests {
  static let style = Plot.Style(isUTF8: true, hasColor: false, columns: 50, rows: 6)
  /// 2026-11-23T00:00:00Z.
  static let start = 1_795_392_000.0

  static func plot(_ values: [(String, [Double])], step: Double = 60, unit: PlotUnit = .none) -> Plot {
    let count = values.map(\.1.count).max() ?? 1
    return Plot(
      series: values.map { label, values in
        Plot.Series(
          label: label, points: values.enumerated().map { (start + Double($0) * step, $1) },
          last: "\(values.last ?? .nan)")
      }, start: start, end: start + Double(max(1, count - 1)) * step, step: step, unit: unit)
  }

  @Test func aLineInBraille() {
    let text = Self.plot([("up", (0...60).map { Double($0) })]).text(Self.style)
    #expect(
      text == """
        100 ┤
            │
            │                                     ⢀⣀⣀⡠⠤⠤⠔⠒
         50 ┤                        ⣀⣀⣀⠤⠤⠤⠤⠒⠒⠒⠉⠉⠉⠁
            │           ⢀⣀⣀⡠⠤⠤⠔⠒⠒⠒⠊⠉⠉
          0 ┤⣀⣀⠤⠤⠤⠒⠒⠒⠉⠉⠉⠁
            └┬─────────────────────┬─────────────────────┬
           11-23                 00:30               01:00  UTC
          ⠤⠤ up  last 60.0
        """)
  }

  @Test func plainTextWhereTheLocaleIsNotUTF8() throws {
    var style = Self.style
    style.isUTF8 = false
    let text = try #require(Self.plot([("a", [1, 2, 3]), ("b", [3, 2, 1])]).text(style))
    #expect(text.utf8.allSatisfy { $0 < 0x80 })
    #expect(text.contains("A a  last 3.0") && text.contains("B b  last 1.0"))
    let lines = text.split(separator: "\n").map(String.init)
    let rising = try #require(lines.firstIndex { $0.hasSuffix("A") })
    let falling = try #require(lines.firstIndex { $0.hasSuffix("B") })
    #expect(rising < falling, "each letter is at the newest point of its series")
  }

  @Test func gapsAreNotBridged() throws {
    var style = Self.style
    style.isUTF8 = false
    let text = try #require(Self.plot([("a", [1, 1, .nan, .nan, .nan, 1, 1])]).text(style))
    let row = try #require(text.split(separator: "\n").first { $0.contains("*") })
    #expect(row.contains("*  ") && row.trimmed.hasSuffix("*"))
  }

  @Test func theLegendSaysWhatDiffers() {
    let one = LabelSet(["__name__": "up", "agent_id": "planner", "job": "skep"])
    let other = LabelSet(["__name__": "up", "agent_id": "writer", "job": "skep"])
    #expect(QueryRange.legend(of: [one, other]) == [#"{agent_id="planner"}"#, #"{agent_id="writer"}"#])
    #expect(QueryRange.legend(of: [one]) == [#"up{agent_id="planner", job="skep"}"#])
    let bare = LabelSet(["__name__": "up", "job": "skep"])
    #expect(QueryRange.legend(of: [one, bare]) == [#"{agent_id="planner"}"#, #"up{job="skep"}"#])
  }

  @Test func nothingToDraw() {
    #expect(Self.plot([("a", [.nan, .infinity])]).text(Self.style) == nil)
    #expect(Self.plot([]).text(Self.style) == nil)
  }

  @Test func manySeriesAreCutShort() throws {
    let text = try #require(Self.plot((0..<20).map { ("s\($0)", [Double($0), 1]) }).text(Self.style))
    #expect(text.hasSuffix("  and 8 more series; ask for fewer, for instance with topk"))
  }

  /// Whatever the numbers are, there is a plot, and no line is longer than was asked for.
  @Test func anyNumbers() {
    var random = SystemRandomNumberGenerator()
    let odd: [Double] = [
      0, -0.0, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 1e300, -1e-300,
    ]
    for _ in 0..<300 {
      let values = (0..<Int.random(in: 1...40, using: &random)).map { _ in
        Bool.random(using: &random)
          ? odd.randomElement(using: &random) ?? 0
          : Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random))
      }
      var style = Plot.Style(
        isUTF8: Bool.random(using: &random), hasColor: false, columns: Int.random(in: 1...200, using: &random),
        rows: Int.random(in: 1...40, using: &random))
      let text = Self.plot([("a", values)], step: Double.random(in: 1e-3...1e9, using: &random)).text(style)
      #expect((text == nil) == values.allSatisfy { !$0.isFinite }, "\(values)")
      style.columns = 0
    }
  }

  @Test(
    arguments: [
      (0.0, 60.0, PlotUnit.none, ["0", "20", "40", "60"]), (3, 3, .none, ["2.6", "2.8", "3.0", "3.2", "3.4"]),
      (0, 0, .none, ["-1", "0", "1"]), (95, 99, .none, ["94", "96", "98", "100"]),
      (0, 1_500_000, .none, ["0.0M", "0.5M", "1.0M", "1.5M"]),
      (0, 3.2e9, PlotUnit(base: .bytes), ["0 GiB", "1 GiB", "2 GiB", "3 GiB"]),
      (0, 0.0042, PlotUnit(base: .seconds), ["0 ms", "2 ms", "4 ms", "6 ms"]),
      (0, 0.9, PlotUnit(base: .ratio), ["0 %", "50 %", "100 %"]),
      (-5, 5, PlotUnit(base: .bytes, isPerSecond: true), ["-5 B/s", "0 B/s", "5 B/s"]),
    ] as [(Double, Double, PlotUnit, [String])])
  func valueAxes(_ least: Double, _ most: Double, _ unit: PlotUnit, _ labels: [String]) {
    let axis = ValueAxis(from: least, to: most, unit: unit, count: 3)
    #expect(axis.ticks.map(\.label) == labels)
    #expect(axis.least <= least && axis.most >= most)
  }

  @Test(
    arguments: [
      (60.0, 4, ["11-23", "00:00:15", "00:00:30", "00:00:45", "00:01:00"]), (3600, 3, ["11-23", "00:30", "01:00"]),
      (86_400, 4, ["11-23", "06:00", "12:00", "18:00", "11-24"]), (10 * 86_400, 3, ["11-26", "12-03"]),
      (4e8, 2, ["2032-12-16"]),
    ] as [(Double, Int, [String])])
  func timeAxes(_ span: Double, _ count: Int, _ labels: [String]) {
    let axis = TimeAxis(from: Self.start, to: Self.start + span, count: count)
    #expect(axis.ticks.map(\.label) == labels)
    #expect(axis.ticks.count <= count + 2 && !axis.ticks.isEmpty)
  }

  @Test(
    arguments: [
      ("process_resident_memory_bytes", PlotUnit(base: .bytes)),
      ("sum by (a) (rate(sent_bytes_total[5m])) / 1", .none),
      ("sum by (a) (rate(sent_bytes_total[5m]))", PlotUnit(base: .bytes, isPerSecond: true)),
      ("rate(cpu_seconds_total[5m])", .none), ("x_seconds_sum - y_seconds_sum", PlotUnit(base: .seconds)),
      ("histogram_quantile(0.9, sum by (le) (rate(http_seconds_bucket[5m])))", PlotUnit(base: .seconds)),
      ("count(x_bytes)", .none), ("x_bytes > 5", PlotUnit(base: .bytes)),
      ("5 + avg_over_time(x_ratio[5m])", PlotUnit(base: .ratio)),
      ("x_seconds_count", .none), ("last_timestamp_seconds", .none), ("time()", .none), ("1", .none),
    ] as [(String, PlotUnit)])
  func units(_ query: String, _ unit: PlotUnit) throws {
    #expect(PlotUnit.of(try ParsedQuery(query).expression) == unit)
  }
}

extension Substring {
  fileprivate var trimmed: Substring { self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)] }
}

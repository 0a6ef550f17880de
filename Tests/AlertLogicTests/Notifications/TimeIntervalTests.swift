import FleetModel
import Testing

@testable import AlertLogic

@Suite("time intervals")
struct TimeIntervalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var span: TimeInterval.Span
    var inside: [String] = []
    var outside: [String] = []
    var testDescription: String { name }
  }

  static func span(_ change: (inout TimeInterval.Span) -> Void) -> TimeInterval.Span {
    var span = TimeInterval.Span()
    change(&span)
    return span
  }

  static func days(_ first: Int, _ last: Int) -> TimeInterval.Span {
    span { $0.daysOfMonth = [TimeInterval.MonthDays(first: first, last: last)] }
  }

  static let cases = [
    Case(name: "nothing said", span: span { _ in }, inside: ["2026-01-01T00:00:00Z"]),
    Case(
      name: "to the minute, the end left out", span: span { $0.times = [540..<1020] },
      inside: ["2026-01-01T09:00:00Z", "2026-01-01T16:59:59.999Z"],
      outside: ["2026-01-01T08:59:59Z", "2026-01-01T17:00:00Z"]),
    Case(
      name: "to the end of the day", span: span { $0.times = [1380..<1440] },
      inside: ["2026-01-01T23:59:59Z"], outside: ["2026-01-02T00:00:00Z"]),
    Case(
      name: "any of several times", span: span { $0.times = [0..<60, 120..<180] },
      inside: ["2026-01-01T00:30:00Z", "2026-01-01T02:30:00Z"], outside: ["2026-01-01T01:30:00Z"]),
    Case(
      name: "weekdays", span: span { $0.weekdays = [1...5] },
      inside: ["2026-11-23T12:00:00Z", "2026-11-27T12:00:00Z"],
      outside: ["2026-11-28T12:00:00Z", "2026-11-29T12:00:00Z"]),
    Case(
      name: "Sunday is 0", span: span { $0.weekdays = [0...0] },
      inside: ["2026-11-29T00:00:00Z", "1969-12-28T00:00:00Z"],
      outside: ["2026-11-30T00:00:00Z"]),
    Case(
      name: "the last three days", span: days(-3, -1),
      inside: ["2026-02-26T00:00:00Z", "2026-02-28T00:00:00Z", "2026-01-31T00:00:00Z", "2028-02-29T00:00:00Z"],
      outside: ["2026-02-25T00:00:00Z", "2028-02-26T00:00:00Z", "2026-01-28T00:00:00Z"]),
    Case(
      name: "ends past the month's end", span: days(25, 31), inside: ["2026-02-28T00:00:00Z"],
      outside: ["2026-02-24T00:00:00Z", "2026-03-01T00:00:00Z"]),
    Case(
      name: "begins past the month's end", span: days(31, 31), inside: ["2026-01-31T00:00:00Z"],
      outside: ["2026-02-28T00:00:00Z", "2026-04-30T00:00:00Z"]),
    Case(
      name: "counted from the end beyond the beginning", span: days(-31, -1), inside: ["2026-02-01T00:00:00Z"]),
    Case(
      name: "from the front to the back", span: days(10, -10),
      inside: ["2026-02-10T00:00:00Z", "2026-02-19T00:00:00Z"],
      outside: ["2026-02-09T00:00:00Z", "2026-02-20T00:00:00Z"]),
    Case(
      name: "months", span: span { $0.months = [1...3, 12...12] },
      inside: ["2026-03-31T23:59:00Z", "2026-12-01T00:00:00Z"], outside: ["2026-04-01T00:00:00Z"]),
    Case(
      name: "years", span: span { $0.years = [2026...2027] }, inside: ["2027-12-31T23:59:59Z"],
      outside: ["2028-01-01T00:00:00Z", "2025-12-31T23:59:59Z"]),
    Case(
      name: "all fields together",
      span: span {
        $0.times = [600..<660]
        $0.weekdays = [1...1]
        $0.months = [11...11]
      }, inside: ["2026-11-23T10:30:00Z"],
      outside: ["2026-11-24T10:30:00Z", "2026-10-26T10:30:00Z", "2026-11-23T11:00:00Z"]),
  ]

  @Test(arguments: cases)
  func holdsWhatItSays(_ test: Case) throws {
    let interval = CompiledTimeInterval([(test.span, .utc)])
    for text in test.inside { #expect(interval.contains(try #require(RFC3339.parse(text))), "\(text)") }
    for text in test.outside { #expect(!interval.contains(try #require(RFC3339.parse(text))), "\(text)") }
  }

  /// Where clocks go forward the hour is missing; where they go back it comes twice.
  @Test func followsTheClocksOfItsPlace() throws {
    let berlin = TimeZoneRules(
      transitions: [], offsets: [], initialOffset: 0,
      footer: PosixTimeZone("CET-1CEST,M3.5.0,M10.5.0/3".utf8))
    let interval = CompiledTimeInterval([(Self.span { $0.times = [120..<180] }, berlin)])
    func hours(on day: String) throws -> Int {
      let midnight = try #require(RFC3339.parse("\(day)T00:00:00Z"))
      return (-2..<24).count { interval.contains(midnight + .seconds(Double($0) * 3600 + 60)) }
    }
    #expect(try hours(on: "2026-03-29") == 0)
    #expect(try hours(on: "2026-06-29") == 1)
    #expect(try hours(on: "2026-10-25") == 2)
    // The last day of a month that loses an hour is still its last day.
    let last = CompiledTimeInterval([(Self.days(-1, -1), berlin)])
    #expect(last.contains(try #require(RFC3339.parse("2026-03-31T12:00:00Z"))))
    #expect(!last.contains(try #require(RFC3339.parse("2026-03-30T12:00:00Z"))))
  }

  static func interval(_ name: String, _ span: TimeInterval.Span) -> TimeInterval {
    var interval = TimeInterval()
    interval.name = name
    interval.spans = [span]
    return interval
  }

  @Test func mutedAndInactiveRoutesSayWhy() throws {
    var root = route("r")
    root.muteTimeIntervals = ["night"]
    root.activeTimeIntervals = ["summer", "winter"]
    let policy = try compiled(
      root,
      intervals: [
        Self.interval("night", Self.span { $0.times = [0..<360] }),
        Self.interval("summer", Self.span { $0.months = [6...8] }),
        Self.interval("winter", Self.span { $0.months = [12...12] }),
      ])
    func muted(_ text: String) throws -> [String] {
      policy.mutedBy(policy.routes[0], at: try #require(RFC3339.parse(text)))
    }
    #expect(try muted("2026-07-01T12:00:00Z") == [])
    #expect(try muted("2026-12-01T12:00:00Z") == [])
    #expect(try muted("2026-07-01T05:59:00Z") == ["night"])
    #expect(try muted("2026-10-01T12:00:00Z") == ["summer", "winter"])
    #expect(try muted("2026-10-01T01:00:00Z") == ["summer", "winter", "night"])
  }
}

import FleetModel

/// The keys of a time interval, as Alertmanager has them.
enum CalendarDeclaration {
  static var interval: Shape<TimeInterval> {
    typealias F = Field<TimeInterval>
    return .object(
      TimeInterval(),
      [
        F("name", \.name, Shapes.text(), required: true, "name of the set, unique"),
        F("time_intervals", \.spans, Shapes.list(span, minimum: 1), required: true, "times, any of which counts"),
      ])
  }

  /// As Alertmanager takes it: one without times never holds.
  static var looseInterval: Shape<TimeInterval> {
    typealias F = Field<TimeInterval>
    return .object(
      TimeInterval(),
      [
        F("name", \.name, Shapes.text(), required: true, "name of the set, unique"),
        F("time_intervals", \.spans, Shapes.list(span), "times, any of which counts"),
      ])
  }

  private static var span: Shape<TimeInterval.Span> {
    typealias F = Field<TimeInterval.Span>
    return .object(
      TimeInterval.Span(),
      [
        F("times", \.times, Shapes.list(times, minimum: 1), "times of the day"),
        F("weekdays", \.weekdays, ranges(.weekday), "days such as \"monday:friday\""),
        F("days_of_month", \.daysOfMonth, monthDays, "days such as \"1:5\", \"-1\" for the last"),
        F("months", \.months, ranges(.month), "months such as \"january:march\" or \"1:3\""),
        F("years", \.years, ranges(.year), "years such as \"2026:2028\""),
        F(
          "location", \.location, Shapes.text(pattern: "^[A-Za-z0-9_+/-]+$", check: zone),
          "a name of the IANA time zone database"),
      ])
  }

  private static func zone(_ text: String) -> Flaw? {
    let isName = text.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "_+-/".utf8.contains($0)
    }
    return isName && !text.hasPrefix("/")
      ? nil : Flaw("is no time zone", mend: "write one such as Europe/Berlin or UTC")
  }

  private struct Times {
    var start = 0
    var end = 1
  }

  private static var times: Shape<Range<Int>> {
    typealias F = Field<Times>
    let minutes = Shapes.text(pattern: "^([01][0-9]|2[0-4]):[0-5][0-9]$") { text in
      CalendarRange.minutes(text) == nil ? Flaw("is no time of day", mend: "write HH:MM, from 00:00 to 24:00") : nil
    }.mapped({ CalendarRange.minutes($0) ?? 0 }, back: { _ in nil })
    return Shape<Times>.object(
      Times(),
      [
        F("start_time", \.start, minutes, required: true, "HH:MM"),
        F("end_time", \.end, minutes, required: true, "HH:MM, not included; up to 24:00"),
      ],
      check: { times, reader, path in
        if reader.isSound(Path.key("start_time", in: path), Path.key("end_time", in: path)), times.start >= times.end {
          reader.error(
            Path.key("end_time", in: path), "is not after start_time",
            mend: "give two entries for a time that runs over midnight")
        }
      }
    ).mapped({ $0.start..<max($0.start, $0.end) }, back: { _ in nil })
  }

  private static func ranges(_ unit: CalendarRange.Unit) -> Shape<[ClosedRange<Int>]> {
    ends(unit).mapped({ $0.map { $0.first...max($0.first, $0.last) } }, back: { $0.isEmpty ? [] : nil })
  }

  private static var monthDays: Shape<[TimeInterval.MonthDays]> {
    ends(.dayOfMonth).mapped(
      { $0.map { TimeInterval.MonthDays(first: $0.first, last: $0.last) } }, back: { $0.isEmpty ? [] : nil })
  }

  private static func ends(_ unit: CalendarRange.Unit) -> Shape<[CalendarRange.Ends]> {
    let text = Shapes.looseText { text in
      guard case .failure(let problem) = CalendarRange.parse(text, unit) else { return nil }
      return problem.flaw
    }
    // An empty list would be a condition that nothing fulfils; none is meant by it.
    return Shapes.list(
      text.mapped(
        { text in (try? CalendarRange.parse(text, unit).get()) ?? CalendarRange.Ends(first: 0, last: 0) },
        back: { _ in nil }), minimum: 1)
  }
}

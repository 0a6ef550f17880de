import FleetModel

/// A time interval with the clocks of its places at hand.
struct CompiledTimeInterval: Sendable {
  private let spans: [(span: TimeInterval.Span, zone: TimeZoneRules)]

  init(_ spans: [(span: TimeInterval.Span, zone: TimeZoneRules)]) { self.spans = spans }

  /// Whether any of its spans holds `time`. To the minute, by the clocks of the span's place.
  func contains(_ time: Timestamp) -> Bool {
    spans.contains { Self.holds($0.span, LocalTime(time, in: $0.zone)) }
  }

  private static func holds(_ span: TimeInterval.Span, _ time: LocalTime) -> Bool {
    func any<T>(_ choices: [T], _ holds: (T) -> Bool) -> Bool { choices.isEmpty || choices.contains(where: holds) }
    return any(span.times) { $0.contains(time.minute) } && any(span.daysOfMonth) { holds($0, time) }
      && any(span.months) { $0.contains(time.month) } && any(span.weekdays) { $0.contains(time.weekday) }
      && any(span.years) { $0.contains(time.year) }
  }

  /// Days past the month's end stand for its last day as an end, and for no day as a beginning.
  private static func holds(_ days: TimeInterval.MonthDays, _ time: LocalTime) -> Bool {
    let length = time.daysInMonth
    let first = days.first < 0 ? length + 1 + days.first : days.first
    let last = days.last < 0 ? length + 1 + days.last : days.last
    return first <= time.day && time.day <= last
  }
}

/// What calendar and clock show at a place.
struct LocalTime: Sendable, Hashable {
  var year: Int
  var month: Int
  var day: Int
  /// 0 is Sunday.
  var weekday: Int
  /// After midnight.
  var minute: Int

  init(_ time: Timestamp, in zone: TimeZoneRules) {
    let utc = time.wholeSeconds
    let seconds = Int(utc + zone.offsetSeconds(at: utc))
    let days = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
    (year, month, day) = RFC3339.civil(fromDays: days)
    weekday = ((days + 4) % 7 + 7) % 7
    minute = (seconds - days * 86_400) / 60
  }

  var daysInMonth: Int { RFC3339.days(inMonth: month, of: year) }
}

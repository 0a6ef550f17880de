import FleetModel

/// A rule for all times, as the environment variable `TZ` writes it: POSIX.1-2017 section 8.3, with the hours from -167 to
/// 167 that RFC 8536 section 3.3.1 adds. `CET-1CEST,M3.5.0,M10.5.0/3`
struct PosixTimeZone: Sendable, Hashable {
  /// Seconds east of UTC.
  private var standard: Int64
  private var summer: Summer?

  private struct Summer: Sendable, Hashable {
    var offset: Int64
    var start: Change
    var end: Change
  }

  private struct Change: Sendable, Hashable {
    enum Day: Sendable, Hashable {
      /// 1 ... 365, the 29th of February never counted.
      case julian(Int)
      /// 0 ... 365, the 29th of February counted.
      case ordinal(Int)
      /// Week 5 is the last.
      case weekday(month: Int, week: Int, day: Int)
    }

    var day: Day
    /// Seconds after midnight by the clock that is shown until then.
    var time: Int64

    /// Seconds since 1970 as if the clocks showed UTC.
    func wallSeconds(in year: Int) -> Int64 {
      let days: Int
      switch day {
      case .julian(let number):
        let leap = RFC3339.days(inMonth: 2, of: year) == 29 && number >= 60
        days = RFC3339.daysFromCivil(year, 1, 1) + number - 1 + (leap ? 1 : 0)
      case .ordinal(let number): days = RFC3339.daysFromCivil(year, 1, 1) + number
      case .weekday(let month, let week, let weekday):
        let first = RFC3339.daysFromCivil(year, month, 1)
        let firstWeekday = ((first + 4) % 7 + 7) % 7
        var dayOfMonth = (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
        if dayOfMonth >= RFC3339.days(inMonth: month, of: year) { dayOfMonth -= 7 }
        days = first + dayOfMonth
      }
      return Int64(days) * 86_400 + time
    }
  }

  /// `nil` if the text is not a rule.
  init?(_ text: some Sequence<UInt8>) {
    var parser = Parser(rest: Array(text)[...])
    guard parser.name(), let west = parser.offset() else { return nil }
    standard = -west
    if parser.rest.isEmpty { return }
    guard parser.name() else { return nil }
    var offset = standard + 3600
    if let first = parser.rest.first, first != UInt8(ascii: ",") {
      guard let west = parser.offset() else { return nil }
      offset = -west
    }
    guard parser.take(","), let start = parser.change(), parser.take(","), let end = parser.change(),
      parser.rest.isEmpty
    else { return nil }
    summer = Summer(offset: offset, start: start, end: end)
  }

  func offsetSeconds(at seconds: Int64) -> Int64 {
    guard let summer else { return standard }
    // The rule repeats every 400 years, so that times at the ends of the range need no years beyond the calendar's.
    let period: Int64 = 146_097 * 86_400
    let inPeriod = ((seconds % period) + period) % period
    let local = inPeriod + standard
    let year = RFC3339.civil(fromDays: Int(local >= 0 ? local / 86_400 : -((86_399 - local) / 86_400))).year
    let start = summer.start.wallSeconds(in: year) - standard
    let end = summer.end.wallSeconds(in: year) - summer.offset
    let isSummer = start < end ? inPeriod >= start && inPeriod < end : !(inPeriod >= end && inPeriod < start)
    return isSummer ? summer.offset : standard
  }

  private struct Parser {
    var rest: ArraySlice<UInt8>

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: character) else { return false }
      rest = rest.dropFirst()
      return true
    }

    /// Letters, or anything between angle brackets.
    mutating func name() -> Bool {
      if take("<") {
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")), end > rest.startIndex else { return false }
        rest = rest[(end + 1)...]
        return true
      }
      let letters = rest.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
      rest = rest.dropFirst(letters.count)
      return letters.count >= 3
    }

    mutating func number(upTo limit: Int) -> Int? {
      var value = 0
      var digits = 0
      while let byte = rest.first, byte >= 48, byte <= 57, digits < 4 {
        value = value * 10 + Int(byte - 48)
        digits += 1
        rest = rest.dropFirst()
      }
      return digits > 0 && value <= limit ? value : nil
    }

    /// `[+|-]hh[:mm[:ss]]` in seconds.
    mutating func offset() -> Int64? {
      let negative = take("-")
      if !negative { _ = take("+") }
      guard let hours = number(upTo: 167) else { return nil }
      var seconds = hours * 3600
      if take(":") {
        guard let minutes = number(upTo: 59) else { return nil }
        seconds += minutes * 60
        if take(":") {
          guard let rest = number(upTo: 59) else { return nil }
          seconds += rest
        }
      }
      return Int64(negative ? -seconds : seconds)
    }

    mutating func change() -> Change? {
      let day: Change.Day
      if take("J") {
        guard let number = number(upTo: 365), number > 0 else { return nil }
        day = .julian(number)
      } else if take("M") {
        guard let month = number(upTo: 12), month > 0, take("."), let week = number(upTo: 5), week > 0, take("."),
          let weekday = number(upTo: 6)
        else { return nil }
        day = .weekday(month: month, week: week, day: weekday)
      } else {
        guard let number = number(upTo: 365) else { return nil }
        day = .ordinal(number)
      }
      guard take("/") else { return Change(day: day, time: 7200) }
      guard let time = offset() else { return nil }
      return Change(day: day, time: time)
    }
  }
}

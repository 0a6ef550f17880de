/// A moment as Go's `time.Time`, in UTC (<https://pkg.go.dev/time#Time>): templates format it and ask for its parts.
public struct GoTime: Sendable, Hashable, Comparable {
  /// Since 1970-01-01T00:00:00Z.
  public let seconds: Int64
  /// 0 ..< 1,000,000,000.
  public let nanoseconds: Int

  /// Seconds beyond the years -9999 ... 9999 are cut off.
  public init(seconds: Int64, nanoseconds: Int = 0) {
    let (carry, rest) = (nanoseconds.flooredQuotient(1_000_000_000), nanoseconds.flooredRemainder(1_000_000_000))
    let limit: Int64 = 400_000_000_000
    self.seconds = min(max(seconds, -limit), limit) + Int64(carry)
    self.nanoseconds = rest
  }

  public init(milliseconds: Int64) {
    self.init(
      seconds: milliseconds.flooredQuotient(1000), nanoseconds: Int(milliseconds.flooredRemainder(1000)) * 1_000_000)
  }

  /// Go's zero time: the first second of the year 1.
  public static let zero = GoTime(seconds: -62_135_596_800)

  public static func < (left: GoTime, right: GoTime) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// Date and time of day.
  struct Parts {
    var year: Int
    /// From 1.
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    /// From 0, Sunday.
    var weekday: Int
    /// From 1.
    var dayOfYear: Int
  }

  var parts: Parts {
    let days = Int(seconds.flooredQuotient(86_400))
    let inDay = Int(seconds.flooredRemainder(86_400))
    let (year, month, day) = Self.civil(days)
    return Parts(
      year: year, month: month, day: day, hour: inDay / 3600, minute: inDay / 60 % 60, second: inDay % 60,
      weekday: (days + 4).flooredRemainder(7), dayOfYear: days - Self.days(year, 1, 1) + 1)
  }

  /// As `String` writes it.
  public var description: String { GoTimeLayout.format(self, "2006-01-02 15:04:05.999999999 -0700 MST") }

  /// - Parameter layout: as Go's `Format` takes it: how 2006-01-02 15:04:05 is written.
  public func formatted(_ layout: String) -> String { GoTimeLayout.format(self, layout) }

  func adding(_ nanoseconds: Int) -> GoTime {
    GoTime(
      seconds: seconds + Int64(nanoseconds.flooredQuotient(1_000_000_000)),
      nanoseconds: self.nanoseconds + nanoseconds.flooredRemainder(1_000_000_000))
  }

  /// Since `earlier`, in nanoseconds; cut off at the ends of the range.
  func since(_ earlier: GoTime) -> Int {
    let (scaled, overflow) = Int(seconds - earlier.seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carried) = scaled.addingReportingOverflow(nanoseconds - earlier.nanoseconds)
    return overflow || carried ? (self < earlier ? .min : .max) : sum
  }

  /// Down to a whole number of `unit` nanoseconds since the zero time.
  func truncated(to unit: Int, rounding: Bool) -> GoTime {
    guard unit > 0 else { return self }
    let rest = remainder(of: unit)
    if rounding, rest >= unit - rest { return adding(unit - rest) }
    return adding(-rest)
  }

  private func remainder(of unit: Int) -> Int {
    let sinceZero = seconds - Self.zero.seconds
    let wide = sinceZero.multipliedFullWidth(by: 1_000_000_000)
    let (low, carry) = wide.low.addingReportingOverflow(UInt64(nanoseconds))
    let total = (high: wide.high + (carry ? 1 : 0), low: low)
    guard total.high >= 0, total.high < Int64(unit) else { return 0 }
    return Int(Int64(unit).dividingFullWidth(total).remainder)
  }

  func addingDate(years: Int, months: Int, days: Int) -> GoTime {
    let parts = parts
    guard [years, months, days].allSatisfy({ $0.magnitude < 100_000_000 }) else { return self }
    let month = (parts.year + years) * 12 + parts.month - 1 + months
    let first = Self.days(month.flooredQuotient(12), month.flooredRemainder(12) + 1, 1)
    let day = first + parts.day - 1 + days
    return GoTime(seconds: Int64(day) * 86_400 + seconds.flooredRemainder(86_400), nanoseconds: nanoseconds)
  }

  // H. Hinnant's algorithms (<https://howardhinnant.github.io/date_algorithms.html>).

  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted.flooredQuotient(400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted.flooredQuotient(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let part = (5 * dayOfYear + 2) / 153
    let month = part < 10 ? part + 3 : part - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
  }
}

extension BinaryInteger {
  func flooredQuotient(_ divisor: Self) -> Self {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// 0 ..< divisor.
  func flooredRemainder(_ divisor: Self) -> Self {
    let remainder = self % divisor
    return remainder < 0 ? remainder + divisor : remainder
  }
}

/// A moment in milliseconds since 1970-01-01T00:00:00Z, the resolution of every sample.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let milliseconds: Int64

  @inlinable public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// `time` later by `duration`; saturates at the ends of the range instead of trapping.
  public static func + (time: Timestamp, duration: Duration) -> Timestamp {
    let (sum, overflow) = time.milliseconds.addingReportingOverflow(duration.wholeMilliseconds)
    if !overflow { return Timestamp(milliseconds: sum) }
    return Timestamp(milliseconds: duration < .zero ? .min : .max)
  }

  public static func - (time: Timestamp, duration: Duration) -> Timestamp {
    let (difference, overflow) = time.milliseconds.subtractingReportingOverflow(duration.wholeMilliseconds)
    if !overflow { return Timestamp(milliseconds: difference) }
    return Timestamp(milliseconds: duration < .zero ? .max : .min)
  }

  /// The time that passed from `earlier` to `later`; saturates at the ends of the range.
  public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
    let (difference, overflow) = later.milliseconds.subtractingReportingOverflow(earlier.milliseconds)
    if !overflow { return .milliseconds(difference) }
    return .milliseconds(later < earlier ? Int64.min : Int64.max)
  }

  /// RFC 3339 in UTC with milliseconds: `2026-11-23T01:02:03.004Z`.
  public var description: String { RFC3339.format(self) }
}

extension Duration {
  /// This duration in whole milliseconds, rounded towards zero; saturates at the ends of `Int64`.
  public var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
    return carried ? (seconds < 0 ? .min : .max) : sum
  }

  /// This duration in seconds.
  public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// Times as text, by RFC 3339 section 5.6; the calendar is H. Hinnant's days-from-civil algorithm
/// (<https://howardhinnant.github.io/date_algorithms.html>).
public enum RFC3339 {
  /// `2026-11-23T01:02:03.004Z`; years outside 0000–9999 are clamped.
  public static func format(_ time: Timestamp) -> String {
    let clamped = min(max(time.milliseconds, -62_167_219_200_000), 253_402_300_799_999)
    let days = floorDivide(clamped, 86_400_000)
    let inDay = Int(clamped - days * 86_400_000)
    let (year, month, day) = civil(fromDays: Int(days))
    var text = ""
    text.reserveCapacity(24)
    append(year, width: 4, to: &text)
    text += "-"
    append(month, width: 2, to: &text)
    text += "-"
    append(day, width: 2, to: &text)
    text += "T"
    append(inDay / 3_600_000, width: 2, to: &text)
    text += ":"
    append(inDay / 60_000 % 60, width: 2, to: &text)
    text += ":"
    append(inDay / 1000 % 60, width: 2, to: &text)
    text += "."
    append(inDay % 1000, width: 3, to: &text)
    text += "Z"
    return text
  }

  /// Reads `date-time` with any offset and any number of fraction digits (those past the millisecond are dropped);
  /// `nil` if the text is not one.
  public static func parse(_ text: String) -> Timestamp? {
    var rest = Array(text.utf8)[...]
    func number(_ digits: Int) -> Int? {
      guard rest.count >= digits else { return nil }
      var value = 0
      for byte in rest.prefix(digits) {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int(byte - 48)
      }
      rest = rest.dropFirst(digits)
      return value
    }
    func take(_ allowed: String) -> UInt8? {
      guard let byte = rest.first, allowed.utf8.contains(byte) else { return nil }
      rest = rest.dropFirst()
      return byte
    }
    guard let year = number(4), take("-") != nil, let month = number(2), take("-") != nil, let day = number(2),
      take("Tt ") != nil, let hour = number(2), take(":") != nil, let minute = number(2), take(":") != nil,
      let second = number(2)
    else { return nil }
    guard (1...12).contains(month), (1...days(inMonth: month, of: year)).contains(day), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    var fraction = 0
    if take(".") != nil {
      var digits = 0
      while let byte = rest.first, byte >= 48, byte <= 57 {
        if digits < 3 { fraction = fraction * 10 + Int(byte - 48) }
        digits += 1
        rest = rest.dropFirst()
      }
      guard digits > 0 else { return nil }
      while digits < 3 {
        fraction *= 10
        digits += 1
      }
    }
    var offset = 0
    if take("Zz") == nil {
      guard let sign = take("+-"), let hours = number(2), take(":") != nil, let minutes = number(2), hours < 24,
        minutes < 60
      else { return nil }
      offset = (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -60_000 : 60_000)
    }
    guard rest.isEmpty else { return nil }
    let wall = ((hour * 60 + minute) * 60 + second) * 1000 + fraction
    return Timestamp(milliseconds: Int64(daysFromCivil(year, month, day) * 86_400_000 + wall - offset))
  }

  private static func append(_ value: Int, width: Int, to text: inout String) {
    let digits = String(value)
    text += String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
  }

  /// How many days a month of the proleptic Gregorian calendar has; `month` is 1 ... 12.
  public static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
  public static func daysFromCivil(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The date so many days after 1970-01-01.
  public static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }
}

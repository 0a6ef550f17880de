/// Parts of a date in UTC.
enum CalendarPart: String {
  case minute, hour, month, year
  case dayOfMonth = "day_of_month"
  case dayOfWeek = "day_of_week"
  case dayOfYear = "day_of_year"
  case daysInMonth = "days_in_month"

  /// - Parameter seconds: since 1970. What is no 64-bit integer counts as 2^63, as for Prometheus on x86-64.
  func value(of seconds: Double) -> Double {
    let days: Int64
    let inDay: Int64
    if seconds.magnitude < 0x1p63 {
      let whole = Int64(seconds.rounded(.towardZero))
      days = whole / 86_400 - (whole % 86_400 < 0 ? 1 : 0)
      inDay = (whole % 86_400 + 86_400) % 86_400
    } else {
      days = 106_751_991_167_300
      inDay = 55_808
    }
    switch self {
    case .minute: return Double(inDay / 60 % 60)
    case .hour: return Double(inDay / 3600)
    case .dayOfWeek: return Double(((days + 4) % 7 + 7) % 7)
    default: break
    }
    let date = Self.civil(days)
    switch self {
    case .dayOfMonth: return Double(date.day)
    case .month: return Double(date.month)
    case .year: return Double(date.year)
    case .dayOfYear: return Double(days - Self.days(date.year, 1, 1) + 1)
    default:
      let next = date.month == 12 ? (date.year + 1, Int64(1)) : (date.year, date.month + 1)
      return Double(Self.days(next.0, next.1, 1) - Self.days(date.year, date.month, 1))
    }
  }

  /// H. Hinnant's calendar algorithms (<https://howardhinnant.github.io/date_algorithms.html>).
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension Evaluator {
  /// Without an argument the part of the step's own time.
  func calendar(_ part: CalendarPart, _ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    guard let argument = node.arguments.first else {
      return SeriesMatrix(unlabelled: (0..<grid.count).map { part.value(of: Double(grid.time($0)) / 1000) })
    }
    return try vector(argument, grid).mapped { part.value(of: $0) }.droppingName()
  }
}

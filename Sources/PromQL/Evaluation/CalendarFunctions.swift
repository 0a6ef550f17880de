import FleetModel

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
    let date = RFC3339.civil(fromDays: Int(days))
    switch self {
    case .dayOfMonth: return Double(date.day)
    case .month: return Double(date.month)
    case .year: return Double(date.year)
    case .dayOfYear: return Double(Int(days) - RFC3339.daysFromCivil(date.year, 1, 1) + 1)
    default: return Double(RFC3339.days(inMonth: date.month, of: date.year))
    }
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

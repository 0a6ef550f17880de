/// Ranges of the calendar as Alertmanager's time intervals write them: `monday:friday`, `1:5`, `-3:-1`,
/// `january:march`.
enum CalendarRange {
  static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
  static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
  ]

  enum Unit: Sendable {
    case weekday, dayOfMonth, month, year
  }

  /// Both ends belong to the range.
  struct Ends {
    let first: Int
    let last: Int
  }

  static func parse(_ text: String, _ unit: Unit) -> Result<Ends, CalendarProblem> {
    let ends = text.split(separator: ":", omittingEmptySubsequences: false).map { $0.lowercased() }
    guard ends.count == 1 || ends.count == 2, let first = value(ends[0], unit),
      let last = ends.count == 2 ? value(ends[1], unit) : first
    else {
      return .failure(
        CalendarProblem("is no \(word(unit)) or range of them", mend: "write one such as \(sample(unit))"))
    }
    // Day 1 to day -1 is the whole month: which of the two is later depends on the month where the signs differ.
    if unit == .dayOfMonth, first < 0, last > 0 {
      return .failure(CalendarProblem("runs from the month's end to its beginning", mend: "give two ranges"))
    }
    let isOpen = unit == .dayOfMonth && last < 0 && first > 0
    if isOpen, first > 28 + last {
      return .failure(
        CalendarProblem("is empty in a month of 28 days", mend: "begin it earlier, or end it nearer to the month's end")
      )
    }
    guard isOpen || first <= last else {
      return .failure(CalendarProblem("runs backwards", mend: "give two ranges, each in rising order"))
    }
    return .success(Ends(first: first, last: last))
  }

  struct CalendarProblem: Error {
    let flaw: Flaw
    init(_ problem: String, mend: String? = nil) { flaw = Flaw(problem, mend: mend) }
  }

  private static func value(_ text: String, _ unit: Unit) -> Int? {
    switch unit {
    case .weekday: return weekdays.firstIndex(of: text)
    case .month:
      if let index = months.firstIndex(of: text) { return index + 1 }
      return Int(text).flatMap { (1...12).contains($0) ? $0 : nil }
    case .dayOfMonth: return Int(text).flatMap { $0 != 0 && (-31...31).contains($0) ? $0 : nil }
    case .year: return Int(text).flatMap { (1970...9999).contains($0) ? $0 : nil }
    }
  }

  private static func word(_ unit: Unit) -> String {
    switch unit {
    case .weekday: "weekday"
    case .dayOfMonth: "day of the month"
    case .month: "month"
    case .year: "year"
    }
  }

  private static func sample(_ unit: Unit) -> String {
    switch unit {
    case .weekday: "\"monday:friday\""
    case .dayOfMonth: "\"1:5\" or \"-1\" for the last"
    case .month: "\"january:march\" or \"1:3\""
    case .year: "\"2026:2028\""
    }
  }

  /// Minutes after midnight of `HH:MM`, up to `24:00`.
  static func minutes(_ text: String) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60
    else { return nil }
    let total = hour * 60 + minute
    return total <= 24 * 60 ? total : nil
  }
}

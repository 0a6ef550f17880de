// Times and durations as templates see them.
extension GoTime {
  public static let typeName = "time.Time"

  public func value(isPointer: Bool = false) -> TemplateValue {
    .object(
      TemplateObject(
        typeName: Self.typeName, isPointer: isPointer, content: .fields([]), text: { description }, native: self,
        methods: { method($0) }))
  }

  private func method(_ name: String) -> TemplateFunction? {
    let parts = parts
    switch name {
    case "Format":
      return TemplateFunction([.string]) { values in
        guard case .string(let layout) = values[0] else { return .null }
        return .string(formatted(layout))
      }
    case "String": return TemplateFunction { _ in .string(description) }
    case "Unix": return TemplateFunction { _ in .int64(seconds) }
    case "UnixMilli": return TemplateFunction { _ in .int64(seconds * 1000 + Int64(nanoseconds / 1_000_000)) }
    case "UnixNano": return TemplateFunction { _ in .int64(seconds &* 1_000_000_000 &+ Int64(nanoseconds)) }
    case "Year": return TemplateFunction { _ in .int(parts.year) }
    case "Month": return TemplateFunction { _ in .name(GoTimeLayout.months, parts.month - 1, 1, "time.Month") }
    case "Day": return TemplateFunction { _ in .int(parts.day) }
    case "Hour": return TemplateFunction { _ in .int(parts.hour) }
    case "Minute": return TemplateFunction { _ in .int(parts.minute) }
    case "Second": return TemplateFunction { _ in .int(parts.second) }
    case "Nanosecond": return TemplateFunction { _ in .int(nanoseconds) }
    case "Weekday": return TemplateFunction { _ in .name(GoTimeLayout.weekdays, parts.weekday, 0, "time.Weekday") }
    case "YearDay": return TemplateFunction { _ in .int(parts.dayOfYear) }
    case "UTC", "Local": return TemplateFunction { _ in value() }
    case "IsZero": return TemplateFunction { _ in .bool(self == .zero) }
    default: return arithmetic(name)
    }
  }

  private func arithmetic(_ name: String) -> TemplateFunction? {
    let duration = TemplateFunction.Parameter.named(GoDuration.typeName)
    let time = TemplateFunction.Parameter.named(Self.typeName)
    switch name {
    case "Add": return TemplateFunction([duration]) { values in adding(GoDuration.nanoseconds(values[0])).value() }
    case "AddDate":
      return TemplateFunction([.int, .int, .int]) { values in
        addingDate(years: integer(values[0]), months: integer(values[1]), days: integer(values[2])).value()
      }
    case "Sub":
      return TemplateFunction([time]) { values in GoDuration(nanoseconds: since(Self.of(values[0]))).value() }
    case "Before": return TemplateFunction([time]) { values in .bool(self < Self.of(values[0])) }
    case "After": return TemplateFunction([time]) { values in .bool(self > Self.of(values[0])) }
    case "Equal": return TemplateFunction([time]) { values in .bool(self == Self.of(values[0])) }
    case "Truncate", "Round":
      return TemplateFunction([duration]) { values in
        truncated(to: GoDuration.nanoseconds(values[0]), rounding: name == "Round").value()
      }
    default: return nil
    }
  }

  /// The time that `value` is.
  private static func of(_ value: TemplateValue) -> GoTime {
    guard case .object(let object) = value, let time = object.native as? GoTime else { return .zero }
    return time
  }
}

private func integer(_ value: TemplateValue) -> Int {
  if case .int(let number) = value.underlying { return number }
  return 0
}

extension TemplateValue {
  static func int64(_ value: Int64) -> TemplateValue {
    .object(TemplateObject(typeName: "int64", content: .value(.int(Int(value)))))
  }

  /// A named integer that prints as a word.
  fileprivate static func name(_ names: [String], _ index: Int, _ first: Int, _ typeName: String) -> TemplateValue {
    let text = names[index]
    return .object(
      TemplateObject(
        typeName: typeName, content: .value(.int(index + first)), text: { text },
        methods: { name in name == "String" ? TemplateFunction { _ in .string(text) } : nil }))
  }
}

/// A span of time as Go's `time.Duration` (<https://pkg.go.dev/time#Duration>).
public struct GoDuration: Sendable, Hashable {
  public static let typeName = "time.Duration"

  public let nanoseconds: Int

  public init(nanoseconds: Int) { self.nanoseconds = nanoseconds }

  /// `1h2m3.5s`, `1.5ms`, `0s`.
  public var description: String {
    let magnitude = nanoseconds.magnitude
    let sign = nanoseconds < 0 ? "-" : ""
    if magnitude == 0 { return "0s" }
    if magnitude < 1000 { return "\(sign)\(magnitude)ns" }
    if magnitude < 1_000_000 { return sign + Self.decimal(magnitude, 3) + "µs" }
    if magnitude < 1_000_000_000 { return sign + Self.decimal(magnitude, 6) + "ms" }
    let minutes = magnitude / 60_000_000_000
    let seconds = Self.decimal(magnitude % 60_000_000_000, 9) + "s"
    if minutes == 0 { return sign + seconds }
    return sign + (minutes >= 60 ? "\(minutes / 60)h" : "") + "\(minutes % 60)m" + seconds
  }

  /// `value` / 10^digits without zeros at the end.
  private static func decimal(_ value: UInt, _ digits: Int) -> String {
    var unit: UInt = 1
    for _ in 0..<digits { unit *= 10 }
    var fraction = String(value % unit)
    fraction = String(repeating: "0", count: digits - fraction.utf8.count) + fraction
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(value / unit)" + (fraction.isEmpty ? "" : "." + fraction)
  }

  static func nanoseconds(_ value: TemplateValue) -> Int { integer(value) }

  public func value(isPointer: Bool = false) -> TemplateValue {
    .object(
      TemplateObject(
        typeName: Self.typeName, isPointer: isPointer, content: .value(.int(nanoseconds)), text: { description },
        methods: { method($0) }))
  }

  private func method(_ name: String) -> TemplateFunction? {
    switch name {
    case "String": return TemplateFunction { _ in .string(description) }
    case "Hours": return TemplateFunction { _ in .float(inUnits(3_600_000_000_000)) }
    case "Minutes": return TemplateFunction { _ in .float(inUnits(60_000_000_000)) }
    case "Seconds": return TemplateFunction { _ in .float(seconds) }
    case "Milliseconds": return TemplateFunction { _ in .int64(Int64(nanoseconds / 1_000_000)) }
    case "Microseconds": return TemplateFunction { _ in .int64(Int64(nanoseconds / 1000)) }
    case "Nanoseconds": return TemplateFunction { _ in .int64(Int64(nanoseconds)) }
    case "Abs":
      return TemplateFunction { _ in GoDuration(nanoseconds: Int(clamping: nanoseconds.magnitude)).value() }
    case "Truncate", "Round":
      return TemplateFunction([.named(Self.typeName)]) { values in
        cut(to: Self.nanoseconds(values[0]), rounding: name == "Round").value()
      }
    default: return nil
    }
  }

  public var seconds: Double { inUnits(1_000_000_000) }

  /// Whole units and the rest apart, as Go adds them.
  private func inUnits(_ unit: Int) -> Double { Double(nanoseconds / unit) + Double(nanoseconds % unit) / Double(unit) }

  private func cut(to unit: Int, rounding: Bool) -> GoDuration {
    guard unit > 0 else { return self }
    let rest = nanoseconds % unit
    guard rounding, rest.magnitude >= UInt(unit) - rest.magnitude else {
      return GoDuration(nanoseconds: nanoseconds - rest)
    }
    let (sum, overflow) = (nanoseconds - rest).addingReportingOverflow(nanoseconds < 0 ? -unit : unit)
    return GoDuration(nanoseconds: overflow ? (nanoseconds < 0 ? .min : .max) : sum)
  }
}

import GoTemplate

/// Numbers as Prometheus' templates read and humanize them
/// (<https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#numbers>).
enum RuleNumber {
  static func float(_ value: TemplateValue) throws(TemplateCallFailure) -> Double {
    switch value {
    case .float(let number): return number
    case .int(let number): return Double(number)
    case .string(let text):
      if let number = GoNumberText.float(text) { return number }
      throw .message(
        "strconv.ParseFloat: parsing \(GoFormatting.quoted(text)): \(GoNumberText.problem(with: text))")
    case .object(let object):
      if case .value(.int(let number)) = object.content, !object.isPointer {
        if object.typeName == GoDuration.typeName { return GoDuration(nanoseconds: number).seconds }
        if object.typeName == "int64" { return Double(number) }
      }
    default: break
    }
    throw .message("can't convert \(value.typeName) to float")
  }

  /// Go's `%.4g`.
  static func short(_ number: Double) -> String { GoFormatting.general(number, digits: 4) }

  static func humanize(_ number: Double) -> String {
    guard number != 0, number.isFinite else { return short(number) }
    return number.magnitude >= 1
      ? scaled(number, by: 1000, ["k", "M", "G", "T", "P", "E", "Z", "Y"]) : fraction(number)
  }

  static func humanize1024(_ number: Double) -> String {
    guard number.magnitude > 1, number.isFinite else { return short(number) }
    return scaled(number, by: 1024, ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"])
  }

  private static func scaled(_ number: Double, by base: Double, _ prefixes: [String]) -> String {
    var (rest, prefix) = (number, "")
    for next in prefixes where rest.magnitude >= base {
      prefix = next
      rest /= base
    }
    return short(rest) + prefix
  }

  private static func fraction(_ number: Double) -> String {
    var (rest, prefix) = (number, "")
    for next in ["m", "u", "n", "p", "f", "a", "z", "y"] where rest.magnitude < 1 {
      prefix = next
      rest *= 1000
    }
    return short(rest) + prefix
  }

  static func humanizeDuration(_ number: Double) -> String {
    guard number.isFinite else { return short(number) }
    if number == 0 { return "0s" }
    guard number.magnitude >= 1 else { return fraction(number) + "s" }
    let sign = number < 0 ? "-" : ""
    let whole = integer(number.magnitude)
    let (seconds, minutes, hours, days) = (whole % 60, whole / 60 % 60, whole / 3600 % 24, whole / 86_400)
    if days != 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(seconds)s" }
    if hours != 0 { return "\(sign)\(hours)h \(minutes)m \(seconds)s" }
    if minutes != 0 { return "\(sign)\(minutes)m \(seconds)s" }
    return sign + short(number.magnitude) + "s"
  }

  /// Without its fraction; the least integer where there is none, as Go's compilers for x86 do it.
  static func integer(_ number: Double) -> Int { Int(exactly: number.rounded(.towardZero)) ?? .min }

  /// The time so many seconds after 1970, in whole milliseconds.
  static func time(_ seconds: Double) throws(TemplateCallFailure) -> GoTime {
    guard seconds.isFinite else { throw .message("value is NaN or Inf") }
    guard let nanoseconds = Int(exactly: (seconds * 1e9).rounded(.towardZero)) else {
      throw .message(
        "\(GoFormatting.shortest(seconds)) cannot be represented as a nanoseconds timestamp since it overflows int64")
    }
    return GoTime(milliseconds: Int64(nanoseconds / 1_000_000))
  }
}

import FleetModel

/// The texts of Alertmanager's group key.
enum RouteKeyText {
  /// `{env=~"prod|dev",team="a"}`: sorted by name, value and operation, the values with `\`, `"` and line feed escaped
  /// (Alertmanager's `labels.Matchers`).
  static func matchers(_ matchers: [LabelMatcher]) -> String {
    let order = LabelMatcher.Operation.allCases
    let sorted = matchers.sorted {
      if $0.name != $1.name { return $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      if $0.value != $1.value { return $0.value.utf8.lexicographicallyPrecedes($1.value.utf8) }
      return (order.firstIndex(of: $0.operation) ?? 0) < (order.firstIndex(of: $1.operation) ?? 0)
    }
    return "{" + sorted.map { "\($0.name)\($0.operation.rawValue)\"\(escaped($0.value))\"" }.joined(separator: ",")
      + "}"
  }

  private static func escaped(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// `{alertname="Down", cluster="a"}`: the pairs as Go's `%q` writes them, sorted as texts (prometheus/common `model.LabelSet`).
  static func groupLabels(_ labels: LabelSet) -> String {
    let pairs = labels.map { "\($0.name)=\(quoted($0.value))" }
    return "{" + pairs.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ", ") + "}"
  }

  /// Go's `strconv.Quote` (<https://pkg.go.dev/strconv#Quote>).
  private static func quoted(_ value: String) -> String {
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\u{07}": text += "\\a"
      case "\u{08}": text += "\\b"
      case "\u{0C}": text += "\\f"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0B}": text += "\\v"
      case _ where isPrintable(scalar): text.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x80: text += "\\x" + hexadecimal(scalar.value, digits: 2)
      case _ where scalar.value < 0x1_0000: text += "\\u" + hexadecimal(scalar.value, digits: 4)
      default: text += "\\U" + hexadecimal(scalar.value, digits: 8)
      }
    }
    return text + "\""
  }

  /// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the space.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 { return scalar.value >= 0x20 && scalar.value < 0x7f }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

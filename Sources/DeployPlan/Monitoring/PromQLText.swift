import FleetModel

/// Pieces of PromQL, written so that every Prometheus from 2.42 reads them.
enum PromQLText {
  /// A selector; `name` is written before the braces where it may stand there.
  static func selector(_ name: String?, _ matchers: [LabelMatcher]) -> String {
    var matchers = matchers
    var head = ""
    if let name {
      if NameRules.metricName(name) == nil {
        head = name
      } else {
        matchers.insert(LabelMatcher(LabelSet.metricName, .equal, name), at: 0)
      }
    }
    let texts = matchers.map { "\($0.name)\($0.operation.rawValue)\(quoted($0.value))" }
    return head + (texts.isEmpty ? "" : "{\(texts.joined(separator: ", "))}")
  }

  /// A string literal in double quotes.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let hex = String(scalar.value, radix: 16)
        result += "\\x" + (hex.utf8.count < 2 ? "0" : "") + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A regular expression that fits these texts alone. O(texts × their length)
  static func alternatives(_ texts: [String]) -> String {
    texts.map(escaped).joined(separator: "|")
  }

  /// Conditions of which each value fits one, in the order of the values. Engines look up a hundred values each, where thousands
  /// would be tried one after the other or refused.
  static func matchers(of label: String, among values: [String]) -> [LabelMatcher] {
    stride(from: 0, to: values.count, by: 100).map { start in
      LabelMatcher(label, .matches, alternatives(Array(values[start..<min(start + 100, values.count)])))
    }
  }

  /// A regular expression that fits this text alone (RE2).
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if "\\.+*?()|[]{}^$".unicodeScalars.contains(scalar) { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  /// A number that reads back to the same value, whole ones without a fraction.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "Inf" }
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

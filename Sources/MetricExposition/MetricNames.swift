/// Makes names and label values fit for every collector.
///
/// The character sets are those of the Prometheus data model
/// (<https://prometheus.io/docs/concepts/data_model/>); the bounds are those at which Skep refuses a collection.
enum MetricNames {
  static let longestName = 1024
  static let longestLabelValue = 4096
  static let mostLabels = 60

  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`: every other character becomes `_`.
  static func metric(_ label: String) -> String { sanitized(label, colons: true) }

  /// `[a-zA-Z_][a-zA-Z0-9_]*`, without the leading `__` that collectors keep for themselves.
  static func label(_ name: String) -> String {
    var name = sanitized(name, colons: false)
    while name.hasPrefix("__") { name.removeFirst() }
    return name
  }

  /// The labels as they stand between the braces, sorted by name: the key of a series within its family.
  ///
  /// Of two dimensions whose names become the same the first counts. `reserved` names get the prefix `exported_`.
  static func labelText(_ dimensions: [(String, String)], reserved: String?) -> String {
    var labels: [(name: String, value: String)] = []
    for (name, value) in dimensions.prefix(mostLabels) {
      var name = label(name)
      if name == reserved { name = "exported_" + name }
      if !labels.contains(where: { $0.name == name }) { labels.append((name, value)) }
    }
    labels.sort { $0.name < $1.name }
    return labels.map { "\($0.name)=\"\(escaped(clipped($0.value)))\"" }.joined(separator: ",")
  }

  /// `\`, `"` and line feed, as both text formats escape them in label values.
  static func escaped(_ value: String) -> String { escape(value, quotes: true) }

  /// In help texts the older format leaves quotes as they are.
  static func escapedHelp(_ text: String, format: ExpositionFormat) -> String {
    escape(text, quotes: format == .openMetrics)
  }

  private static func escape(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// `value` cut after a whole character so that it stays within ``longestLabelValue`` bytes.
  private static func clipped(_ value: String) -> String {
    guard value.utf8.count > longestLabelValue else { return value }
    var result = String.UnicodeScalarView()
    var length = 0
    for scalar in value.unicodeScalars {
      length += UTF8.width(scalar)
      if length > longestLabelValue { break }
      result.append(scalar)
    }
    return String(result)
  }

  private static func sanitized(_ name: String, colons: Bool) -> String {
    var result = ""
    for scalar in name.unicodeScalars.prefix(longestName) {
      switch scalar {
      case "a"..."z", "A"..."Z", "_": result.unicodeScalars.append(scalar)
      case "0"..."9":
        if result.isEmpty { result = "_" }
        result.unicodeScalars.append(scalar)
      case ":" where colons: result.unicodeScalars.append(scalar)
      default: result += "_"
      }
    }
    return result.isEmpty ? "_" : result
  }
}

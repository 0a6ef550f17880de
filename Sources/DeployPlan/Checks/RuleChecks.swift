import FleetModel

/// What must hold between the keys of one alert rule.
enum RuleChecks {
  static func check(_ draft: inout RuleDeclaration.Draft, _ reader: Reader, _ path: String) {
    checkTemplate(draft, reader, Path.key("description", in: path))
    guard reader.isSound(Path.key("condition_type", in: path)) else { return }
    let type = draft.type
    for key in ["operator", "threshold", "rate_threshold", "window", "expr", "interval"] {
      let keyPath = Path.key(key, in: path)
      guard reader.isGiven(keyPath), !type.ownKeys.contains(key) else { continue }
      let own = type.ownKeys.map { "\"\($0)\"" }.joined(separator: " and ")
      reader.error(
        keyPath, "means nothing with condition_type \(type.rawValue)", mend: "remove it; \(type.rawValue) has \(own)")
    }
    switch type {
    case .absence: require("window", draft.window != nil, type, reader, path)
    case .expression: require("expr", draft.expression != nil, type, reader, path)
    case .threshold, .rateOfChange:
      if draft.metricName == nil, reader.isSound(Path.key("metric_name", in: path)) {
        reader.warn(path, "has no metric_name and so watches every metric", mend: "give metric_name")
      }
    }
    guard type == .expression else { return }
    for key in ["metric_name", "agent_id", "labels"] where reader.isGiven(Path.key(key, in: path)) {
      reader.warn(
        Path.key(key, in: path), "only filters what the expression gives", mend: "say it in expr where that is meant")
    }
  }

  private static func require(
    _ key: String, _ isThere: Bool, _ type: RuleDeclaration.ConditionType, _ reader: Reader, _ path: String
  ) {
    guard !isThere, reader.isSound(Path.key(key, in: path)) else { return }
    reader.error(path, "lacks the key \"\(key)\", which condition_type \(type.rawValue) needs", spoils: [])
  }

  private static let placeholders = ["agent_id", "metric_name", "value", "threshold"]

  /// Names in single braces that nothing fills in.
  private static func checkTemplate(_ draft: RuleDeclaration.Draft, _ reader: Reader, _ path: String) {
    guard reader.isSound(path) else { return }
    let scalars = Array(draft.description.unicodeScalars)
    var index = 0
    while index < scalars.count {
      guard scalars[index] == "{" else {
        index += 1
        continue
      }
      let braces = scalars[index...].prefix { $0 == "{" }.count
      index += braces
      guard braces == 1, let close = scalars[index...].firstIndex(of: "}") else { continue }
      let name = String(String.UnicodeScalarView(scalars[index..<close]))
      index = close
      guard !name.isEmpty, NameRules.metricName(name) == nil, !placeholders.contains(name) else { continue }
      reader.warn(
        path, "nothing fills in \"{\(YAMLTree.shortened(name))}\"",
        mend: KeyDistance.nearest(to: name, among: placeholders).map { "did you mean \"{\($0)}\"?" }
          ?? "known are {agent_id}, {metric_name}, {value} and {threshold}")
    }
  }
}

import FleetModel

extension AlertRule {
  private enum ConditionType: String, CaseIterable {
    case threshold, absence, expression
    case rateOfChange = "rate_of_change"
  }

  /// Reads a rule as `alert_rules` spells it.
  ///
  /// - Throws: ``APIError`` with everything that is missing or wrong.
  init(document: JSONValue) throws(APIError) {
    var fields = try FieldReader(document)
    for key in ["name", "description", "condition_type"] { fields.require(key) }
    let name = fields.string("name")
    let description = fields.string("description")
    let type = fields.choice("condition_type", of: ConditionType.self)
    let condition = type.flatMap { Self.condition($0, from: &fields) }
    let labels = Self.matchers(from: &fields)
    let hold = fields.duration("for") ?? .zero
    let keepFiringFor = fields.duration("keep_firing_for") ?? .zero
    let severity = fields.choice("severity", of: Severity.self) ?? .warning
    let annotations = fields.strings("annotations") ?? [:]
    let metricName = fields.string("metric_name")
    let agentID = fields.string("agent_id")
    let runbookURL = fields.string("runbook_url")
    fields.refuseOthers(than: FleetAPI.Rule.CodingKeys.allCases.map(\.rawValue))
    try fields.finish("rule")
    guard let name, let description, let condition else {
      preconditionFailure("BUG: a rule without its required fields passed the check")
    }
    self.init(
      name: name, description: description, condition: condition, metricName: metricName.map(Glob.init),
      agentID: agentID.map(Glob.init), labels: labels, hold: hold, keepFiringFor: keepFiringFor, severity: severity,
      annotations: annotations, runbookURL: runbookURL)
  }

  private static func condition(_ type: ConditionType, from fields: inout FieldReader) -> Condition? {
    let own: [String]
    let condition: Condition?
    switch type {
    case .threshold:
      own = ["operator", "threshold"]
      condition = .threshold(
        fields.choice("operator", of: Comparison.self) ?? .greater, fields.number("threshold") ?? 0)
    case .rateOfChange:
      own = ["operator", "rate_threshold"]
      condition = .rateOfChange(
        fields.choice("operator", of: Comparison.self) ?? .greater, fields.number("rate_threshold") ?? 0)
    case .absence:
      own = ["window"]
      fields.require("window")
      let window = fields.duration("window")
      if window == .zero { fields.add(problem: "window is 0; give a duration such as \"5m\"") }
      condition = window.map { .absence(window: $0) }
    case .expression:
      own = ["expr", "interval"]
      fields.require("expr")
      let interval = fields.duration("interval")
      condition = fields.string("expr").map { .expression($0, interval: interval) }
    }
    for key in ["operator", "threshold", "rate_threshold", "window", "expr", "interval"]
    where !own.contains(key) && fields.has(key) {
      fields.add(problem: "\(key) does not belong to condition_type \"\(type.rawValue)\"; remove it")
    }
    return condition
  }

  /// `labels` as an object of equal values, or as an array of matchers such as `zone=~"eu-.*"`.
  private static func matchers(from fields: inout FieldReader) -> [LabelMatcher] {
    guard case .array(let elements) = fields.raw("labels") else {
      return (fields.strings("labels") ?? [:]).sorted { $0.key < $1.key }.map { LabelMatcher($0.key, .equal, $0.value) }
    }
    return elements.enumerated().compactMap { index, element in
      if case .string(let text) = element, let matcher = LabelMatcher(matcher: text) { return matcher }
      fields.add(problem: "labels[\(index)] is not a matcher; write one such as \"zone=~\\\"eu-.*\\\"\"")
      return nil
    }
  }
}

extension LabelMatcher {
  /// Reads `name=~"value"`; the quotes may be left out. Escapes in the value are `\"`, `\\` and `\n`.
  init?(matcher text: String) {
    guard let sign = text.firstIndex(where: { $0 == "=" || $0 == "!" }) else { return nil }
    var name = text[..<sign].drop { $0 == " " }
    while name.last == " " { name.removeLast() }
    let rest = text[sign...]
    guard let operation = ["=~", "!~", "!=", "="].first(where: { rest.hasPrefix($0) }).flatMap(Operation.init),
      let first = name.utf8.first, !(0x30...0x39).contains(first),
      name.utf8.allSatisfy({ $0 == 0x5F || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) })
    else { return nil }
    var value = rest.dropFirst(operation.rawValue.count).drop { $0 == " " }
    if value.first == "\"" {
      guard value.count >= 2, value.last == "\"" else { return nil }
      value = value.dropFirst().dropLast()
    }
    var plain = ""
    var escaped = false
    for character in value {
      if escaped {
        plain.append(character == "n" ? "\n" : character)
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else {
        plain.append(character)
      }
    }
    guard !escaped else { return nil }
    self.init(String(name), operation, plain)
  }

  /// What ``init(matcher:)`` reads back.
  var matcherText: String {
    var escaped = ""
    for character in value.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return "\(name)\(operation.rawValue)\"\(escaped)\""
  }
}

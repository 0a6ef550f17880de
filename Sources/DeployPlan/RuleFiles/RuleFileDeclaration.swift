import FleetModel

/// The keys of a rule file.
enum RuleFileDeclaration {
  struct Document {
    var groups: [RuleGroup] = []
  }

  /// A rule as it stands in the file.
  struct Draft {
    var record = ""
    var alert = ""
    var expression = ""
    var hold: Duration = .zero
    var keepFiringFor: Duration = .zero
    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]
    var line: Int?

    var rule: ExpressionRule {
      let alerting = ExpressionRule.Alerting(hold: hold, keepFiringFor: keepFiringFor, annotations: annotations)
      return ExpressionRule(
        alert.isEmpty ? .recording : .alerting(alerting), name: alert.isEmpty ? record : alert, expression: expression,
        labels: labels, line: line)
    }
  }

  static var shape: Shape<Document> {
    .object(
      Document(), [Field<Document>("groups", \.groups, Shapes.list(group), "groups of rules, each by its own clock")],
      nullIsAbsent: true, check: { document, reader, _ in checkNames(document.groups, reader) })
  }

  /// As long as a Prometheus duration can be.
  static var duration: Shape<Duration> { Shapes.duration(.zero ... .seconds(9_223_372_036)) }

  private static var group: Shape<RuleGroup> {
    typealias F = Field<RuleGroup>
    return .object(
      RuleGroup(name: "", file: ""),
      [
        F("name", \.name, Shapes.looseText(), required: true, "name of the group, unique in its file"),
        F(
          "interval", optional: \.interval, interval, "between two evaluations; the evaluator's default where not given"
        ),
        F("query_offset", optional: \.queryOffset, duration, "how far back in time the expressions look"),
        F("limit", \.limit, limit, "the most series or alerts that one rule may give; 0 is no limit"),
        F("labels", \.labels, ruleLabels, "labels of all that these rules give"),
        F("rules", \.rules, Shapes.list(rule), "evaluated one after the other, at one time"),
      ], nullIsAbsent: true)
  }

  /// 0 stands for the default.
  private static var interval: Shape<Duration> {
    let duration = duration
    return Shape(
      schema: duration.schema(),
      read: { tree, reader, path in duration.read(tree, reader, path).flatMap { $0 == .zero ? nil : $0 } })
  }

  /// A number below 0 is no limit either.
  private static var limit: Shape<Int> {
    Shapes.integer(Int.min...Int.max).mapped({ max(0, $0) }, back: { $0 })
  }

  private static var rule: Shape<ExpressionRule> {
    typealias F = Field<Draft>
    let draft = Shape<Draft>.object(
      Draft(),
      [
        F("record", \.record, Shapes.looseText(emptyAllowed: true), "name of the new series"),
        F("alert", \.alert, Shapes.looseText(emptyAllowed: true), "name of the alert"),
        F("expr", \.expression, Shapes.looseText(emptyAllowed: true), "PromQL"),
        F("for", \.hold, duration, "how long the expression must give a series before its alert fires"),
        F("keep_firing_for", \.keepFiringFor, duration, "how long the alert stays after its series is gone"),
        F("labels", \.labels, ruleLabels, "labels of the series or the alerts; of alerts they are templates"),
        F("annotations", \.annotations, annotations, "free texts sent with the alert; templates"),
      ], nullIsAbsent: true, check: checkRule)
    return Shape(
      schema: draft.schema(),
      read: { tree, reader, path in
        draft.read(tree, reader, path).map { draft in
          var draft = draft
          draft.line = tree.place.line
          return draft.rule
        }
      })
  }

  private static var ruleLabels: Shape<[String: String]> {
    Shapes.dictionary(Shapes.looseText(emptyAllowed: true), null: "") { name in
      if name.isEmpty { return Flaw("is no label name", mend: "give it a name") }
      return name == LabelSet.metricName
        ? Flaw("is the name of the series itself", mend: "remove it; the name is in \"record\"") : nil
    }
  }

  private static var annotations: Shape<[String: String]> {
    Shapes.dictionary(Shapes.looseText(emptyAllowed: true), null: "") { name in
      name.isEmpty ? Flaw("is no annotation name", mend: "give it a name") : nil
    }
  }

  private static func checkNames(_ groups: [RuleGroup], _ reader: Reader) {
    var seen: [String: Int] = [:]
    for (index, group) in groups.enumerated() {
      let path = Path.key("name", in: Path.index(index, in: "groups"))
      guard reader.isSound(path) else { continue }
      if let first = seen[group.name] {
        reader.error(
          path, "\"\(YAMLTree.shortened(group.name))\" is the name of groups[\(first)] too",
          mend: "give each group of a file a name of its own")
      } else {
        seen[group.name] = index
      }
    }
  }

  private static func checkRule(_ draft: inout Draft, _ reader: Reader, _ path: String) {
    let record = Path.key("record", in: path)
    let alert = Path.key("alert", in: path)
    if !draft.record.isEmpty, !draft.alert.isEmpty {
      reader.error(alert, "cannot stand beside \"record\"", mend: "make two rules of it, or remove one of the two")
    }
    if draft.record.isEmpty, draft.alert.isEmpty, reader.isSound(record, alert) {
      reader.error(path, "needs one of \"record\", \"alert\"", spoils: [])
    }
    let expression = Path.key("expr", in: path)
    if draft.expression.isEmpty, reader.isSound(expression) {
      reader.error(path, "lacks the required key \"expr\"", mend: "give it a PromQL expression", spoils: [])
    }
    guard !draft.record.isEmpty else { return }
    if draft.record.utf8.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) {
      reader.error(
        record, "\"\(YAMLTree.shortened(draft.record))\" holds braces: a name has none",
        mend: "give labels under \"labels\", or write the selector in \"expr\"")
    }
    guard draft.alert.isEmpty else { return }
    for (key, isGiven) in [
      ("for", draft.hold != .zero), ("keep_firing_for", draft.keepFiringFor != .zero),
      ("annotations", !draft.annotations.isEmpty),
    ] where isGiven {
      reader.error(
        Path.key(key, in: path), "means nothing in a recording rule",
        mend: "remove it, or write \"alert\" in place of \"record\"")
    }
  }
}

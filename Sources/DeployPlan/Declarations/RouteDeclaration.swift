import FleetModel

/// The keys of a route and of an inhibition rule, as Alertmanager has them.
enum RouteDeclaration {
  static var shape: Shape<Route> {
    typealias F = Field<Route>
    return .object(
      Route(),
      [
        F(
          "receiver", optional: \.receiver, Shapes.text(), "name of a receiver; that of the route above where not given"
        ),
        F("group_by", optional: \.groupBy, Shapes.list(labelName), "labels to group by; [\"...\"] for all"),
        F("group_wait", optional: \.groupWait, Shapes.duration(), "before the first message of a group (30s)"),
        F("group_interval", optional: \.groupInterval, Shapes.positiveDuration, "between two messages of a group (5m)"),
        F(
          "repeat_interval", optional: \.repeatInterval, Shapes.positiveDuration,
          "before the same message is sent again (4h)"),
        F("matchers", \.addedMatchers, Shapes.matchers, "labels an alert must have, such as 'severity=\"critical\"'"),
        F("match", \.match, labels, "labels with their values; the old form of matchers"),
        F("match_re", \.matchExpression, expressions, "labels with regular expressions; the old form of matchers"),
        F("continue", \.continues, Shapes.boolean, "whether the routes after this one are tried too"),
        F(
          "mute_time_intervals", \.muteTimeIntervals, Shapes.list(Shapes.text()),
          "time intervals in which it is quiet"),
        F(
          "active_time_intervals", \.activeTimeIntervals, Shapes.list(Shapes.text()),
          "time intervals in which alone it speaks"),
        F("routes", \.routes, Shapes.list(Shapes.reference("route") { Self.shape }), "routes below this one"),
      ])
  }

  static var inhibit: Shape<InhibitRule> {
    typealias F = Field<InhibitRule>
    return .object(
      InhibitRule(),
      [
        F(unused: "name", Shapes.text()),
        F("source_matchers", \.addedSources, Shapes.matchers, "alerts that keep others quiet"),
        F("source_match", \.sourceMatch, labels, "the old form of source_matchers"),
        F("source_match_re", \.sourceExpression, expressions, "the old form of source_matchers"),
        F("target_matchers", \.addedTargets, Shapes.matchers, "alerts that are kept quiet"),
        F("target_match", \.targetMatch, labels, "the old form of target_matchers"),
        F("target_match_re", \.targetExpression, expressions, "the old form of target_matchers"),
        F("equal", \.equal, Shapes.list(labelName), "labels that must be the same in both"),
      ],
      check: { rule, reader, path in
        for (side, matchers) in [("source", rule.sourceMatchers), ("target", rule.targetMatchers)]
        where matchers.isEmpty && reader.isSound(Path.key("\(side)_matchers", in: path)) {
          let (problem, mend) = ("lacks \"\(side)_matchers\"", "say which alerts are meant")
          if reader.dialect == .go {
            reader.warn(path, problem + ": it means all alerts", mend: mend)
          } else {
            reader.error(path, problem, mend: mend, spoils: [])
          }
        }
      })
  }

  /// Any text may name a label, as in Alertmanager from 0.27.
  private static var labelName: Shape<String> { Shapes.text() }

  private static var labels: Shape<[String: String]> {
    Shapes.dictionary(
      Shapes.looseText(emptyAllowed: true), keyPattern: NameRules.labelNamePattern, key: NameRules.plainLabelName)
  }

  private static var expressions: Shape<[String: String]> {
    Shapes.dictionary(
      Shapes.labelPattern, keyPattern: NameRules.labelNamePattern, key: NameRules.plainLabelName)
  }
}

/// Those of `match_re` hold their anchors, as in Alertmanager, whose group keys show them.
private func matchers(_ labels: [String: String], _ operation: LabelMatcher.Operation) -> [LabelMatcher] {
  labels.sorted { $0.key < $1.key }.map { name, value in
    LabelMatcher(name, operation, operation == .matches ? "^(?:\(value))$" : value)
  }
}

// Each key adds to the one list; none replaces what another has brought.
extension Route {
  var addedMatchers: [LabelMatcher] {
    get { [] }
    set { matchers += newValue }
  }
  var match: [String: String] {
    get { [:] }
    set { matchers += DeployPlan.matchers(newValue, .equal) }
  }
  var matchExpression: [String: String] {
    get { [:] }
    set { matchers += DeployPlan.matchers(newValue, .matches) }
  }
}

extension InhibitRule {
  var addedSources: [LabelMatcher] {
    get { [] }
    set { sourceMatchers += newValue }
  }
  var sourceMatch: [String: String] {
    get { [:] }
    set { sourceMatchers += matchers(newValue, .equal) }
  }
  var sourceExpression: [String: String] {
    get { [:] }
    set { sourceMatchers += matchers(newValue, .matches) }
  }
  var addedTargets: [LabelMatcher] {
    get { [] }
    set { targetMatchers += newValue }
  }
  var targetMatch: [String: String] {
    get { [:] }
    set { targetMatchers += matchers(newValue, .equal) }
  }
  var targetExpression: [String: String] {
    get { [:] }
    set { targetMatchers += matchers(newValue, .matches) }
  }
}

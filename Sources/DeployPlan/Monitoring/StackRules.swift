import FleetModel

/// Where a rendered rule stands in the system file.
struct RuleOrigin: Sendable, Hashable {
  /// Such as `alert_rules[2].expr`.
  var path: String
  /// The expression as the file has it; `nil` where the rule has none and its condition was translated.
  var expression: String?
}

/// The rule groups of the stack: those that every fleet has, and the system's own, grouped as Skep groups them.
struct StackRules: Sendable {
  let groups: [RuleGroup]
  /// Where the rules of the first groups stand in the system file, beside `groups`; `nil` for those of every fleet.
  let origins: [[RuleOrigin?]]
  /// The rules of the system file that nothing was rendered for, by their position among `alert_rules`.
  let untranslated: [Int]

  static let agentDown = "AgentDown"
  static let highCPU = "HighCpuUsage"

  /// - Parameter fileGroups: what the system's `rule_files` hold.
  init(_ system: FleetSystem, _ exposition: FleetExposition, fileGroups: [RuleGroup]) {
    let measurements = Measurements(system, exposition)
    var recorded = Set(system.recordingRules.map(\.record)).union(measurements.rules.map(\.name))
    for rule in fileGroups.flatMap(\.rules) { if case .recording = rule.kind { recorded.insert(rule.name) } }
    // What is derived has the labels of collection, as what the agents serve.
    let translation = RuleTranslation(
      system: system, exposition: exposition,
      recorded: recorded.subtracting([Measurements.cpuName, Measurements.memoryName]),
      measured: Set(measurements.rules.map(\.name)))
    var groups: [RuleGroup] = []
    var origins: [[RuleOrigin?]] = []
    func add(_ name: String, _ interval: Duration, _ rules: [ExpressionRule], from places: [RuleOrigin] = []) {
      if rules.isEmpty { return }
      origins.append(places.isEmpty ? rules.map { _ in nil } : places)
      groups.append(RuleGroup(name: name, file: "", interval: interval, rules: rules))
    }
    add("measurements", measurements.interval, measurements.rules)
    add("agents", system.monitoring.collectionInterval, Self.standing(system, exposition, measurements))

    var byInterval: [Duration: [(rule: ExpressionRule, origin: RuleOrigin)]] = [:]
    for (index, rule) in system.recordingRules.enumerated() {
      let recording = ExpressionRule(.recording, name: rule.record, expression: rule.expression, labels: rule.labels)
      byInterval[rule.interval ?? system.monitoring.collectionInterval, default: []].append(
        (recording, RuleOrigin(path: "recording_rules[\(index)].expr", expression: rule.expression)))
    }
    var untranslated: [Int] = []
    for (index, rule) in system.alertRules.enumerated() {
      let translated = translation.rules(of: rule)
      if translated.isEmpty { untranslated.append(index) }
      let origin =
        if case .expression(let expression, _) = rule.condition {
          RuleOrigin(path: "alert_rules[\(index)].expr", expression: expression)
        } else {
          RuleOrigin(path: "alert_rules[\(index)]", expression: nil)
        }
      byInterval[translation.interval(of: rule), default: []] += translated.map { ($0, origin) }
    }
    for (interval, rules) in byInterval.sorted(by: { $0.key < $1.key }) {
      add("every \(PrometheusDuration.format(interval))", interval, rules.map(\.rule), from: rules.map(\.origin))
    }
    // Names of groups are unique in one file of Prometheus, and the files become one object of the operator's.
    var names = Set(groups.map(\.name))
    for group in fileGroups where !group.rules.isEmpty {
      var renamed = group
      var number = 2
      while !names.insert(renamed.name).inserted {
        renamed.name = "\(group.name) (\(number))"
        number += 1
      }
      // The operator's groups have no labels.
      renamed.rules = group.rules.map { rule in
        var rule = rule
        rule.labels = group.labels.merging(rule.labels) { $1 }
        return rule
      }
      renamed.labels = [:]
      groups.append(renamed)
    }
    self.groups = groups
    self.origins = origins
    self.untranslated = untranslated
  }

  /// What is watched in every fleet, unless the system has a rule of that name.
  private static func standing(
    _ system: FleetSystem, _ exposition: FleetExposition, _ measurements: Measurements
  ) -> [ExpressionRule] {
    let own = Set(system.alertRules.map(\.name))
    let scope = FleetLabels.scope(system)
    var rules: [ExpressionRule] = []
    func add(
      _ name: String, _ expression: String, hold: Duration, _ severity: Severity, _ summary: String, _ text: String
    ) {
      if own.contains(name) { return }
      let alerting = ExpressionRule.Alerting(hold: hold, annotations: ["description": text, "summary": summary])
      rules.append(
        ExpressionRule(
          .alerting(alerting), name: name, expression: expression, labels: ["severity": severity.rawValue]))
    }
    if !system.agents.isEmpty {
      add(
        agentDown, "\(PromQLText.selector("up", scope)) == 0", hold: .seconds(60), .critical,
        "Agent {{ $labels.agent_id }} is down",
        "{{ $labels.agent_id }} ({{ $labels.instance }}) has not answered a collection for a minute")
    }
    if !measurements.cpu.isEmpty || exposition.isServed(Measurements.cpuName) {
      add(
        highCPU, "\(PromQLText.selector(Measurements.cpuName, scope)) > 85", hold: .seconds(300), .warning,
        "Agent {{ $labels.agent_id }} is short of CPU",
        "{{ $labels.agent_id }} ({{ $labels.instance }}) uses {{ $value | printf \"%.0f\" }} % of its CPU")
    }
    return rules
  }
}

import FleetModel

/// Says in PromQL what Skep's own alert rules say, so that a Prometheus that collects from the fleet raises the same alerts.
///
/// What Skep decides at each sample, Prometheus decides at each evaluation: the rules are evaluated as often as is collected.
struct RuleTranslation: Sendable {
  let system: FleetSystem
  let exposition: FleetExposition
  /// Names of all recorded series.
  let recorded: Set<String>
  /// Names of what is derived from agents' own series, and has their labels.
  let measured: Set<String>

  /// How far Prometheus looks back for the last sample of a series
  /// (<https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness>).
  static let lookback: Duration = .seconds(300)

  /// The rules that together say the same; none where a rule names metrics by a pattern that nothing fits.
  func rules(of rule: AlertRule) -> [ExpressionRule] {
    switch rule.condition {
    case .threshold(let comparison, let bound): [threshold(rule, comparison, bound)]
    case .rateOfChange(let comparison, let bound): names(of: rule).map { rate(rule, $0, comparison, bound) }
    case .absence(let window): absence(rule, window)
    case .expression(let expression, _): [translated(rule, expression)]
    }
  }

  /// Between two evaluations: at each collection of an agent that the rule may be about.
  func interval(of rule: AlertRule) -> Duration {
    if case .expression(_, let interval) = rule.condition { return interval ?? system.monitoring.collectionInterval }
    let watched = system.agents.filter { rule.agentID?.matches($0.agentID.name) ?? true }
    return watched.map { system.collectionInterval(of: $0) }.min() ?? system.monitoring.collectionInterval
  }

  private func slowestInterval(of rule: AlertRule) -> Duration {
    let watched = system.agents.filter { rule.agentID?.matches($0.agentID.name) ?? true }
    return watched.map { system.collectionInterval(of: $0) }.max() ?? system.monitoring.collectionInterval
  }

  // MARK: Conditions

  private func threshold(_ rule: AlertRule, _ comparison: Comparison, _ bound: Double) -> ExpressionRule {
    let expression = "\(selector(rule)) \(comparison.rawValue) \(PromQLText.number(bound))"
    var labels: [String: String] = [:]
    // Skep names the metric in the alert where the rule does not.
    if rule.metricName?.literal == nil {
      labels["metric_name"] = "{{ or $labels.metric_name $labels.__name__ }}"
    }
    return alert(
      rule, expression, labels: labels,
      texts: DescriptionTemplates.Replacements(
        metricName: rule.metricName?.literal ?? "{{ $labels.__name__ }}", threshold: PromQLText.number(bound)))
  }

  /// The change per second between the last two samples.
  ///
  /// Of a counter that is `irate`. Anything else may fall, which `irate` takes for a new beginning: it then gives the new value
  /// per second, from which the time between the two samples follows, but where that value is zero. There alone the collection
  /// interval stands for the time. A series that ended gives nothing, as in Skep, although its samples are still in the window.
  private func rate(_ rule: AlertRule, _ name: String, _ comparison: Comparison, _ bound: Double) -> ExpressionRule {
    let series = selector(rule, name)
    // The slowest agent's: with a shorter one its two samples would not be in the window, and a fall seem faster than it is.
    let interval = slowestInterval(of: rule)
    let window = "\(series)[\(PrometheusDuration.format(max(Self.lookback, interval * 4)))]"
    let condition = "\(comparison.rawValue) \(PromQLText.number(bound))"
    let isRising = comparison == .greater && bound >= 0 || comparison == .greaterOrEqual && bound > 0
    let expression: String
    if exposition.isCounter(name) {
      expression = "irate(\(window)) \(condition) and \(series)"
    } else if isRising {
      expression = "irate(\(window)) \(condition) and idelta(\(window)) > 0 and \(series)"
    } else {
      let seconds = PromQLText.number(Double(interval.wholeMilliseconds) / 1000)
      expression = """
        (
          (irate(\(window)) and idelta(\(window)) >= 0)
          or
          (irate(\(window)) * idelta(\(window)) / \(series) and \(series) != 0)
          or
          idelta(\(window)) / \(seconds)
        ) \(condition)
        and
        \(series)
        """
    }
    return alert(
      rule, expression, labels: metricLabel(rule, name),
      texts: DescriptionTemplates.Replacements(metricName: name, threshold: PromQLText.number(bound)))
  }

  /// No sample for the window.
  ///
  /// Skep's window begins with the last sample, and with the rule where there was none. A range of the whole window would find
  /// nothing in a Prometheus that has only begun, and alert at once; so the range is two collections long, and `for` the rest.
  private func absence(_ rule: AlertRule, _ window: Duration) -> [ExpressionRule] {
    let short = min(window, interval(of: rule) * 2)
    let range = PrometheusDuration.format(short)
    var held = rule
    held.hold = window - short + rule.hold
    if let metric = rule.metricName?.literal, rule.agentID?.literal != nil {
      return [absence(held, metric, "absent_over_time(\(selector(rule))[\(range)])", window)]
    }
    // Only what was seen can be missed. What is missed stays so, however long ago it was seen: its own alert remembers it.
    let memory = PrometheusDuration.format(max(window, .seconds(3600)))
    return names(of: rule).map { name in
      let by = "group by (\(isScoped(name) ? "job, namespace, agent_id" : "agent_id"))"
      var alert = [LabelMatcher("alertname", .equal, rule.name)] + (isScoped(name) ? scopeOfAlerts : [])
      if rule.metricName?.literal == nil { alert.append(LabelMatcher("metric_name", .equal, name)) }
      let seen = agentMatchers(rule, name).flatMap { agents in
        [
          "\(by) (present_over_time(\(selector(rule, name, agents: agents))[\(memory)]))",
          "\(by) (\(PromQLText.selector("ALERTS", alert + agents)))",
        ]
      }
      let expression = """
        (
          \(seen.joined(separator: "\n  or\n  "))
        )
        unless
        \(by) (present_over_time(\(selector(rule, name))[\(range)]))
        """
      return absence(held, name, expression, window)
    }
  }

  private func absence(_ rule: AlertRule, _ name: String, _ expression: String, _ window: Duration) -> ExpressionRule {
    var labels = metricLabel(rule, name)
    for matcher in rule.labels where matcher.operation == .equal && !matcher.value.isEmpty {
      labels[matcher.name] = DescriptionTemplates.literal(matcher.value)
    }
    return alert(
      rule, expression, labels: labels,
      texts: DescriptionTemplates.Replacements(
        metricName: name, value: "no data", threshold: PrometheusDuration.format(window)))
  }

  // MARK: Selectors

  private var scopeOfAlerts: [LabelMatcher] { FleetLabels.scope(system) }

  /// Whether the series are agents' own, so that collection gave them its labels; recorded ones have what their rule leaves.
  /// What comes from elsewhere has other labels.
  private func isScoped(_ name: String) -> Bool {
    if exposition.isServed(name) { return true }
    return !recorded.contains(name) && !system.external.metrics.contains { $0.matches(name) }
  }

  private func metricLabel(_ rule: AlertRule, _ name: String) -> [String: String] {
    rule.metricName?.literal == nil ? ["metric_name": name] : [:]
  }

  /// The metrics that the rule is about.
  private func names(of rule: AlertRule) -> [String] {
    if let literal = rule.metricName?.literal { return [literal] }
    let known = Set(exposition.names).union(recorded).union(measured).sorted()
    return known.filter { rule.metricName?.matches($0) ?? true }
  }

  private func selector(_ rule: AlertRule) -> String {
    if let literal = rule.metricName?.literal { return selector(rule, literal) }
    // A selector must ask for something that is not empty.
    var matchers: [LabelMatcher] = []
    if rule.metricName?.matches("") ?? true { matchers.append(LabelMatcher(LabelSet.metricName, .notEqual, "")) }
    // Alerts are series too, and would raise alerts about themselves.
    if ["ALERTS", "ALERTS_FOR_STATE"].contains(where: { rule.metricName?.matches($0) ?? true }) {
      matchers.append(LabelMatcher(LabelSet.metricName, .matchesNot, "ALERTS|ALERTS_FOR_STATE"))
    }
    if let metric = rule.metricName, metric.pattern != "*" { matchers.append(metric.matcher(of: LabelSet.metricName)) }
    // Recorded series may be meant too, which need not have these labels.
    matchers += FleetLabels.scope(system).map { matcher in
      recorded.isEmpty ? matcher : LabelMatcher(matcher.name, .matches, "\(PromQLText.escaped(matcher.value))|")
    }
    return PromQLText.selector(nil, matchers + ownMatchers(rule))
  }

  private func selector(_ rule: AlertRule, _ name: String, agents: [LabelMatcher] = []) -> String {
    let scope = isScoped(name) ? FleetLabels.scope(system) : []
    return PromQLText.selector(name, scope + (agents.isEmpty ? agentMatcher(rule) : agents) + rule.labels)
  }

  private func ownMatchers(_ rule: AlertRule) -> [LabelMatcher] { agentMatcher(rule) + rule.labels }

  private func agentMatcher(_ rule: AlertRule) -> [LabelMatcher] {
    guard let agent = rule.agentID, agent.pattern != "*" else { return [] }
    return [agent.matcher(of: FleetLabels.agent)]
  }

  /// The agents that the rule is about by name, so that one that left the system is missed no longer.
  private func agentMatchers(_ rule: AlertRule, _ name: String) -> [[LabelMatcher]] {
    guard isScoped(name), rule.agentID?.literal == nil else { return [agentMatcher(rule)] }
    let watched = system.agents.map(\.agentID.name).filter { rule.agentID?.matches($0) ?? true }
    if watched.isEmpty { return [agentMatcher(rule)] }
    return PromQLText.matchers(of: FleetLabels.agent, among: watched).map { [$0] }
  }

  // MARK: Alerts

  private func alert(
    _ rule: AlertRule, _ expression: String, labels: [String: String], texts: DescriptionTemplates.Replacements
  ) -> ExpressionRule {
    var annotations = rule.annotations.mapValues(DescriptionTemplates.literal)
    annotations["description"] = DescriptionTemplates.plain(rule.description, texts)
    return alert(rule, expression, labels: labels, annotations: annotations)
  }

  private func translated(_ rule: AlertRule, _ expression: String) -> ExpressionRule {
    let outline = ExpressionOutline(expression)
    var annotations = rule.annotations
    annotations["description"] = DescriptionTemplates.template(
      rule.description,
      DescriptionTemplates.Replacements(
        metricName: outline.onlyMetric ?? "{{ $labels.__name__ }}",
        threshold: outline.threshold.map(PromQLText.number) ?? ""))
    let filter = ResultFilter(rule, onlyMetric: outline.onlyMetric)
    return alert(rule, filter.applied(to: expression), labels: [:], annotations: annotations)
  }

  private func alert(
    _ rule: AlertRule, _ expression: String, labels: [String: String], annotations: [String: String]
  ) -> ExpressionRule {
    var labels = labels
    labels["severity"] = rule.severity.rawValue
    var annotations = annotations
    if let runbook = rule.runbookURL {
      if case .expression = rule.condition {
        annotations["runbook_url"] = runbook
      } else {
        annotations["runbook_url"] = DescriptionTemplates.literal(runbook)
      }
    }
    return ExpressionRule(
      .alerting(
        ExpressionRule.Alerting(hold: rule.hold, keepFiringFor: rule.keepFiringFor, annotations: annotations)),
      name: rule.name, expression: expression, labels: labels)
  }
}

import FleetModel

/// Proves, before anything is applied, that the rendered monitoring sees what the same system exposes: each expression parses,
/// each of its selectors fits a series that an agent, collection or a rule makes, each ServiceMonitor and each scrape job
/// reaches an agent and gives its series the labels that rules and dashboards use.
public enum WiringProof {
  /// What is not wired, in the order of rules, panels, monitors and jobs; the same for the same input. Waivers are not applied.
  ///
  /// O(expressions × series of the metrics they name + monitors × Services).
  /// - Parameters:
  ///   - manifests: everything rendered from the system, its monitoring included.
  ///   - expressions: reads PromQL.
  public static func findings(
    of system: FleetSystem, manifests: [Manifest], stack: MonitoringStack, expressions: ExpressionReader
  ) -> [CheckFinding] {
    if system.agents.isEmpty {
      return [finding(.idleJob, nil, "agents", "the system has no agents, so there is nothing to collect or to watch")]
    }
    let proof = ExpressionProof(
      known: KnownSeries(system, stack.groups, expressions), expressions: expressions)
    var findings: [CheckFinding] = []
    let ruleObjects = manifests.filter { $0.kind == "PrometheusRule" }
    for (groupIndex, group) in stack.groups.enumerated() {
      let origins = groupIndex < stack.origins.count ? stack.origins[groupIndex] : []
      let rules = (ruleObjects.first { Self.holds($0, group.name) } ?? ruleObjects.first)?.id
      for (index, rule) in group.rules.enumerated() {
        if index < origins.count, let origin = origins[index] {
          findings += proof.findings(of: rule, from: origin, subject: rules).filter { !findings.contains($0) }
          continue
        }
        let noun = rule.kind == .recording ? "recording rule" : "alert"
        findings += proof.findings(in: rule.expression, subject: rules, path: "\(noun) \"\(rule.name)\"")
      }
    }
    let dashboardsName = MonitoringObject.name("dashboards", of: system)
    let dashboards = manifests.first { $0.kind == "ConfigMap" && $0.name == dashboardsName }?.id
    for query in stack.dashboards.flatMap(\.queries) {
      var text = query.expression
      for (name, value) in Dashboard.variables(of: system) { text = text.replacing(name, with: value) }
      findings += proof.findings(
        in: text, subject: dashboards, path: "panel \"\(query.panel)\" (\(query.path))")
    }
    findings += Self.gaps(of: system, stack)
    findings += CollectionProof(system: system, manifests: manifests, jobs: stack.jobs).findings
    return findings
  }

  private static func holds(_ object: Manifest, _ group: String) -> Bool {
    (object.tree["spec"]?["groups"]?.items ?? []).contains { $0["name"]?.text == group }
  }

  /// Where Prometheus would lose sight of series between two collections.
  private static func slowCollections(of system: FleetSystem) -> [CheckFinding] {
    var places: [(path: String, interval: Duration)] = [
      ("monitoring.collection_interval", system.monitoring.collectionInterval)
    ]
    for (index, agent) in system.agents.enumerated() {
      if let interval = agent.collectionInterval { places.append(("agents[\(index)].collection_interval", interval)) }
    }
    return places.filter { $0.interval >= RuleTranslation.lookback }.map { path, interval in
      finding(
        .slowCollection, nil, path,
        "\(PrometheusDuration.format(interval)) is not below the "
          + "\(PrometheusDuration.format(RuleTranslation.lookback)) that Prometheus looks back, so that "
          + "\(StackRules.agentDown) and other rules see nothing for part of the time and may never fire")
    }
  }

  /// What was not rendered at all.
  private static func gaps(of system: FleetSystem, _ stack: MonitoringStack) -> [CheckFinding] {
    var findings = stack.untranslated.map { index in
      let rule = system.alertRules[index]
      return finding(
        .emptyPattern, nil, "alert_rules[\(index)]",
        "\"\(rule.name)\" watches \"\(rule.metricName?.pattern ?? "*")\", which fits no metric of the fleet")
    }
    if !system.ruleFiles.isEmpty, !stack.hasFileGroups {
      findings.append(
        finding(.ruleFilesLeftOut, nil, "rule_files", "what these files hold is not part of what was rendered"))
    }
    findings += slowCollections(of: system)
    for (index, receiver) in system.receivers.enumerated() {
      for (position, manager) in receiver.alertmanagers.enumerated()
      where ScrapeConfiguration.needsCredentials(manager) {
        findings.append(
          finding(
            .alertmanagerCredentials, nil, "receivers[\(index)].alertmanager_configs[\(position)]",
            "the Alertmanager of \"\(receiver.name)\" is left out of prometheus.yml"))
      }
    }
    let exposition = FleetExposition(system)
    for (index, agent) in system.agents.enumerated() {
      guard let metric = agent.progress?.metric else { continue }
      let own = exposition.series(system).filter { $0.agent == agent.agentID }.map(\.name)
      if own.contains(metric) { continue }
      let mend = KeyDistance.nearest(to: metric, among: Set(own).sorted()).map {
        "did you mean \"\($0)\"? Else declare it under agents[\(index)].metrics.exposes"
      }
      findings.append(
        finding(
          .unknownMetric, nil, "agents[\(index)].progress.metric",
          "\"\(agent.agentID)\" does not serve \"\(metric)\", so it would seem stuck for ever", mend: mend))
    }
    let measured = Set(
      (Measurements(system, exposition).cpu + exposition.agents(serving: Measurements.cpuName)).map(\.agentID))
    for (index, agent) in system.agents.enumerated() where !measured.contains(agent.agentID) {
      findings.append(
        finding(
          .agentNotSeen, nil, "agents[\(index)]",
          "\(StackRules.highCPU) does not see \"\(agent.agentID)\": it serves neither \(Measurements.cpuSource) nor "
            + Measurements.cpuName))
    }
    return findings
  }

  static func finding(
    _ rule: CheckRule, _ subject: Manifest.ID?, _ path: String, _ message: String, mend: String? = nil
  ) -> CheckFinding {
    let place = [subject.map(\.description), path.isEmpty ? nil : path].compactMap { $0 }.joined(separator: ": ")
    return CheckFinding(
      rule: rule.id, diagnostic: Diagnostic(rule.level, path: place, message: message, mend: mend ?? rule.mend),
      subject: subject)
  }
}

import FleetModel

/// Follows discovery and relabelling from the rendered objects to the targets that Prometheus will have.
struct CollectionProof {
  let system: FleetSystem
  let manifests: [Manifest]
  let jobs: [ScrapeConfiguration.Job]

  var findings: [CheckFinding] {
    monitorFindings + jobFindings + endpointFindings
  }

  /// The agents that are collected at their pods' own port.
  private var served: [AgentID] {
    system.agents.compactMap { agent in if case .port = agent.metrics { agent.agentID } else { nil } }
  }

  // MARK: ServiceMonitors

  private var monitorFindings: [CheckFinding] {
    let services = manifests.filter { $0.kind == "Service" && $0.group.isEmpty }
    let pods = PodTargets.pods(in: manifests)
    var findings: [CheckFinding] = []
    var collected: [String: Int] = [:]
    let monitors = manifests.filter { $0.kind == "ServiceMonitor" && $0.group == "monitoring.coreos.com" }
    for monitor in monitors {
      let spec = monitor.tree["spec"]
      let namespaces = Set(spec?["namespaceSelector"]?["matchNames"]?.items.compactMap(\.text) ?? [])
      let isAny = spec?["namespaceSelector"]?["any"]?.text == "true"
      let selected = services.filter { service in
        let namespace = service.namespace ?? ""
        let isIn = isAny || (namespaces.isEmpty ? namespace == monitor.namespace : namespaces.contains(namespace))
        return isIn && SelectorTest(spec?["selector"]).accepts(service.labels)
      }
      for (index, endpoint) in (spec?["endpoints"]?.items ?? []).enumerated() {
        let port = endpoint["port"]?.text ?? ""
        let path = "spec.endpoints[\(index)]"
        let named = selected.filter { service in
          (service.tree["spec"]?["ports"]?.items ?? []).contains { $0["name"]?.text == port }
        }
        if named.isEmpty {
          let message =
            selected.isEmpty
            ? "its selector fits no Service"
            : "none of the \(selected.count) Services it selects has a port \"\(port)\""
          findings.append(WiringProof.finding(.idleMonitor, monitor.id, path, message))
        }
        let rules = (endpoint["relabelings"]?.items ?? []).map(RelabelRule.init)
        for service in named {
          collected[service.labels["agent-id"] ?? service.name, default: 0] += 1
          // What the operator sets before the monitor's own steps.
          var labels = PodTargets.labels(of: pods.first { $0.fits(service) }, in: service.namespace ?? "")
          labels["job"] = service.name
          labels["service"] = service.name
          labels["endpoint"] = port
          findings += labelFindings(
            labels, after: rules, agent: service.labels["agent-id"], subject: monitor.id, path: "\(path).relabelings")
        }
      }
    }
    if !monitors.isEmpty {
      findings += countFindings(collected, "ServiceMonitor", subject: { manifest(of: $0, kind: "Service") })
    }
    return findings
  }

  // MARK: Jobs

  private var jobFindings: [CheckFinding] {
    let targets = PodTargets.pods(in: manifests).filter { $0.namespace == system.namespace }.flatMap(\.targets)
    var findings: [CheckFinding] = []
    var collected: [String: Int] = [:]
    for job in jobs where job.statics.isEmpty {
      let path = "scrape_configs \"\(job.name)\""
      var kept = 0
      for target in targets {
        guard let labels = Self.relabelled(target, by: job.relabeling) else { continue }
        kept += 1
        let agent = target["__meta_kubernetes_pod_label_\(FleetLabels.agent)"]
        collected[agent ?? "", default: 0] += 1
        findings += wrongLabels(labels, agent: agent, subject: nil, path: path)
      }
      if kept == 0 {
        findings.append(
          WiringProof.finding(
            .idleJob, nil, path, "its relabelling keeps none of the \(targets.count) container ports of the pods"))
      }
    }
    if jobs.contains(where: { $0.statics.isEmpty }) {
      findings += countFindings(collected, "scrape job", subject: { manifest(of: $0, kind: "Deployment") })
    }
    return findings
  }

  private func countFindings(
    _ collected: [String: Int], _ what: String, subject: (AgentID) -> Manifest.ID?
  ) -> [CheckFinding] {
    served.compactMap { agent in
      switch collected[agent.name] ?? 0 {
      case 0: WiringProof.finding(.agentNotCollected, subject(agent), "", "no \(what) collects from \"\(agent)\"")
      case 1: nil
      case let count:
        WiringProof.finding(
          .agentCollectedTwice, subject(agent), "", "\(what)s collect \(count) times from each instance of \"\(agent)\""
        )
      }
    }
  }

  private func manifest(of agent: AgentID, kind: String) -> Manifest.ID? {
    manifests.first { $0.kind == kind && $0.labels["agent-id"] == agent.name }?.id
  }

  // MARK: Labels

  private func labelFindings(
    _ labels: [String: String], after rules: [RelabelRule], agent: String?, subject: Manifest.ID, path: String
  ) -> [CheckFinding] {
    guard let result = Self.relabelled(labels, by: rules) else {
      return [WiringProof.finding(.idleMonitor, subject, path, "drops the instances of \"\(agent ?? "")\"")]
    }
    return wrongLabels(result, agent: agent, subject: subject, path: path)
  }

  private func wrongLabels(
    _ labels: [String: String], agent: String?, subject: Manifest.ID?, path: String
  ) -> [CheckFinding] {
    let wanted = [("job", FleetLabels.job), (FleetLabels.agent, agent ?? ""), ("namespace", system.namespace)]
    return wanted.filter { (labels[$0.0] ?? "") != $0.1 }.map { name, value in
      let given = labels[name].map { "\(name)=\"\($0)\"" } ?? "no \(name)"
      return WiringProof.finding(
        .wrongTargetLabels, subject, path, "gives the series of \"\(agent ?? "")\" \(given) in place of \"\(value)\"")
    }
  }

  private static func relabelled(_ labels: [String: String], by rules: [RelabelRule]) -> [String: String]? {
    rules.reduce(labels) { labels, rule in labels.flatMap { rule.applied(to: $0) } }
  }

  // MARK: Absolute endpoints

  private var endpointFindings: [CheckFinding] {
    system.agents.enumerated().flatMap { index, agent -> [CheckFinding] in
      let target = MetricsTarget(agent, of: system)
      guard target.address != nil else { return [] }
      let path = "agents[\(index)].metrics_endpoint"
      var findings = [
        WiringProof.finding(.endpointOutside, nil, path, "no ServiceMonitor reaches \"\(agent.agentID)\"")
      ]
      if target.hasCredentials {
        findings.append(
          WiringProof.finding(
            .endpointCredentials, nil, path, "the user and password of \"\(agent.agentID)\" are not rendered"))
      }
      return findings
    }
  }
}

extension RelabelRule {
  /// A step as a ServiceMonitor says it.
  init(_ tree: YAMLTree) {
    self.init(
      action: Action(rawValue: tree["action"]?.text?.lowercased() ?? "replace") ?? .replace,
      sources: tree["sourceLabels"]?.items.compactMap(\.text) ?? [], pattern: tree["regex"]?.text,
      target: tree["targetLabel"]?.text, replacement: tree["replacement"]?.text)
  }
}

import FleetModel

/// The `prometheus.yml` that collects from the fleet's pods by Kubernetes' own discovery
/// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/>).
struct ScrapeConfiguration: Sendable {
  /// One job. All of them give their series the one name of the fleet as `job`.
  struct Job: Sendable {
    var name: String
    var honorLabels: Bool
    var relabeling: [RelabelRule]
    /// Targets that are no pods.
    var statics: [MetricsTarget]
  }

  let system: FleetSystem
  let jobs: [Job]

  init(_ system: FleetSystem) {
    self.system = system
    let targets = system.agents.map { MetricsTarget($0, of: system) }
    let pods = targets.filter { $0.address == nil }
    let elsewhere = targets.filter { $0.address != nil }
    var jobs: [Job] = []
    // Whether the agent's own labels win is a matter of the whole job.
    for honors in [false, true] {
      let honoring = pods.filter { $0.honorLabels == honors }
      let suffix = honors ? "-honor-labels" : ""
      // A fleet without agents in its file has a job too: pods may come.
      if !honoring.isEmpty || !honors && targets.isEmpty {
        jobs.append(
          Job(
            name: FleetLabels.job + suffix, honorLabels: honors,
            relabeling: Self.podRelabeling(honoring, of: system, amid: pods), statics: []))
      }
      let statics = elsewhere.filter { $0.honorLabels == honors }
      if !statics.isEmpty {
        jobs.append(
          Job(name: "\(FleetLabels.job)-static\(suffix)", honorLabels: honors, relabeling: [], statics: statics))
      }
    }
    self.jobs = jobs
  }

  /// - Parameter ruleFiles: their paths, beside the file itself.
  func tree(ruleFiles: [String]) -> YAMLTree {
    let monitoring = system.monitoring
    var global = YAMLMapping()
    global.add("scrape_interval", PrometheusDuration.format(monitoring.collectionInterval))
    global.add(
      "scrape_timeout", PrometheusDuration.format(min(monitoring.collectionTimeout, monitoring.collectionInterval)))
    global.add("evaluation_interval", PrometheusDuration.format(monitoring.collectionInterval))
    var document = YAMLMapping([("global", global.tree)])
    document.add("rule_files", texts: ruleFiles)
    document.add("alerting", alerting)
    document.add("scrape_configs", .sequence(jobs.map(tree)))
    return document.tree
  }

  /// The Alertmanagers that the system file names as receivers get Prometheus' alerts too.
  private var alerting: YAMLTree? {
    var seen: Set<String> = []
    let managers = system.receivers.flatMap(\.alertmanagers).compactMap { manager -> YAMLTree? in
      guard seen.insert(manager.url).inserted else { return nil }
      let place = EndpointAddress(manager.url)
      guard !place.hasCredentials else { return nil }
      var mapping = YAMLMapping()
      if place.scheme != "http" { mapping.add("scheme", place.scheme) }
      if place.reference.path != "/" { mapping.add("path_prefix", place.reference.path) }
      mapping.add("static_configs", .sequence([YAMLMapping([("targets", .sequence([.text(place.address)]))]).tree]))
      return mapping.tree
    }
    return managers.isEmpty ? nil : YAMLMapping([("alertmanagers", .sequence(managers))]).tree
  }

  private func tree(of job: Job) -> YAMLTree {
    var mapping = YAMLMapping([("job_name", .text(job.name))])
    if job.honorLabels { mapping.add("honor_labels", .boolean(true)) }
    mapping.add("sample_limit", .integer(system.limits.samplesPerCollection))
    mapping.add("body_size_limit", "\(system.limits.bodySize)B")
    if job.statics.isEmpty {
      let namespaces = YAMLMapping([("names", .sequence([.text(system.namespace)]))])
      let discovery = YAMLMapping([("role", .text("pod")), ("namespaces", namespaces.tree)])
      mapping.add("kubernetes_sd_configs", .sequence([discovery.tree]))
    } else {
      mapping.add("static_configs", .sequence(job.statics.map(staticTree)))
    }
    mapping.add("relabel_configs", list: job.relabeling.map(\.scrapeTree))
    return mapping.tree
  }

  private func staticTree(of target: MetricsTarget) -> YAMLTree {
    YAMLMapping([
      ("targets", .sequence([.text(target.address ?? "")])), ("labels", Self.texts(staticLabels(of: target))),
    ]).tree
  }

  private static func texts(_ texts: [String: String]) -> YAMLTree {
    YAMLMapping(texts.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) }).tree
  }

  /// What is known of a target that no discovery tells of, with how it is collected.
  func staticLabels(of target: MetricsTarget) -> [String: String] {
    var labels = [
      "job": FleetLabels.job, FleetLabels.agent: target.agent.name, "namespace": system.namespace,
      "__metrics_path__": target.reference.path, "__scheme__": target.scheme,
      "__scrape_interval__": PrometheusDuration.format(target.interval),
      "__scrape_timeout__": PrometheusDuration.format(target.timeout),
    ]
    for parameter in target.reference.parameters {
      labels["__param_\(FleetLabels.seriesName(of: parameter.name))"] = parameter.value
    }
    for agent in system.agents where agent.agentID == target.agent {
      for (name, value) in agent.labels where !value.isEmpty { labels[FleetLabels.seriesName(of: name)] = value }
    }
    return labels
  }

  // MARK: Relabelling

  /// Makes exactly the labels of ``FleetLabels`` from what discovery says of a pod, whoever discovers it.
  static func labels(of system: FleetSystem) -> [RelabelRule] {
    var rules = [
      RelabelRule(target: "job", replacement: FleetLabels.job),
      .copy("__meta_kubernetes_pod_label_\(FleetLabels.agent)", to: FleetLabels.agent),
      .copy("__meta_kubernetes_namespace", to: "namespace"),
      .copy("__meta_kubernetes_pod_name", to: "pod"),
      .copy("__meta_kubernetes_pod_label_\(FleetLabels.seriesName(of: FleetLabels.revision))", to: "revision"),
    ]
    for label in Set(system.agents.flatMap(\.labels.keys).map(FleetLabels.seriesName)).sorted() {
      rules.append(.copy("__meta_kubernetes_pod_label_\(label)", to: label))
    }
    return rules
  }

  private static func podRelabeling(
    _ targets: [MetricsTarget], of system: FleetSystem, amid all: [MetricsTarget]
  ) -> [RelabelRule] {
    var rules = [
      RelabelRule(action: .keep, sources: ["__meta_kubernetes_pod_label_app"], pattern: FleetLabels.job),
      // One target for each pod: of all ports of all its containers, side-cars' too, the one of the agent that serves metrics.
      RelabelRule(
        action: .keep,
        sources: ["__meta_kubernetes_pod_container_name", "__meta_kubernetes_pod_container_port_name"],
        pattern: "agent-.+;\(FleetLabels.metricsPort)"),
      // What has ended answers no more and is no agent that is down.
      RelabelRule(action: .drop, sources: ["__meta_kubernetes_pod_phase"], pattern: "Failed|Succeeded"),
    ]
    let agentLabel = "__meta_kubernetes_pod_label_\(FleetLabels.agent)"
    if targets.count < all.count {
      rules.append(
        RelabelRule(
          action: .keep, sources: [agentLabel], pattern: PromQLText.alternatives(targets.map(\.agent.name))))
    }
    let standard = MetricsTarget.Settings(
      reference: EndpointReference("/metrics"), interval: system.monitoring.collectionInterval,
      timeout: min(system.monitoring.collectionTimeout, system.monitoring.collectionInterval), honorLabels: false)
    func set(_ label: String, _ value: (MetricsTarget) -> String?) {
      var agents: [String: [String]] = [:]
      for target in targets { if let value = value(target) { agents[value, default: []].append(target.agent.name) } }
      for (value, names) in agents.sorted(by: { $0.key < $1.key }) {
        rules.append(
          RelabelRule(
            sources: [agentLabel], pattern: PromQLText.alternatives(names), target: label,
            replacement: value.replacing("$", with: "$$")))
      }
    }
    set("__metrics_path__") { $0.reference.path == standard.reference.path ? nil : $0.reference.path }
    for name in Set(targets.flatMap { $0.reference.parameters.map(\.name) }).sorted() {
      set("__param_\(FleetLabels.seriesName(of: name))") { target in
        target.reference.parameters.last { $0.name == name }?.value
      }
    }
    set("__scrape_interval__") { $0.interval == standard.interval ? nil : PrometheusDuration.format($0.interval) }
    set("__scrape_timeout__") { $0.timeout == standard.timeout ? nil : PrometheusDuration.format($0.timeout) }
    return rules + labels(of: system)
  }
}

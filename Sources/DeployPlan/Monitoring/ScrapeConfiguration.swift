import FleetModel

/// The `prometheus.yml` that collects from the fleet's pods by Kubernetes' own discovery
/// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/>).
struct ScrapeConfiguration: Sendable {
  /// One job. All of them give their series the one name of the fleet as `job`.
  struct Job: Sendable {
    var name: String
    var honorLabels: Bool
    var relabeling: [RelabelRule]
    /// Of the query, where labels cannot say them.
    var parameters: [EndpointReference.Parameter]
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
    // Whether the agent's own labels win is a matter of the whole job, as are parameters that no label can say.
    for kind in Kind.all(of: targets) {
      let own = pods.filter { Kind($0) == kind }
      let suffix = kind.suffix(for: targets)
      // A fleet without agents in its file has a job too: pods may come.
      if !own.isEmpty || targets.isEmpty {
        jobs.append(
          Job(
            name: FleetLabels.job + suffix, honorLabels: kind.honorLabels,
            relabeling: Self.podRelabeling(own, of: system, amid: pods), parameters: kind.parameters, statics: []))
      }
      let statics = elsewhere.filter { Kind($0) == kind }
      if !statics.isEmpty {
        jobs.append(
          Job(
            name: "\(FleetLabels.job)-static\(suffix)", honorLabels: kind.honorLabels, relabeling: [],
            parameters: kind.parameters, statics: statics))
      }
    }
    self.jobs = jobs
  }

  /// What targets of one job have in common.
  private struct Kind: Hashable {
    let honorLabels: Bool
    let parameters: [EndpointReference.Parameter]

    init(_ target: MetricsTarget) {
      honorLabels = target.honorLabels
      parameters = target.reference.hasPlainParameters ? [] : target.reference.parameters
    }

    private init(honorLabels: Bool) {
      self.honorLabels = honorLabels
      parameters = []
    }

    /// Those that most have first; the others in the order of the file.
    static func all(of targets: [MetricsTarget]) -> [Kind] {
      var kinds = [Kind(honorLabels: false), Kind(honorLabels: true)]
      if targets.isEmpty { return [kinds[0]] }
      for kind in targets.map(Kind.init) where !kinds.contains(kind) { kinds.append(kind) }
      return kinds
    }

    func suffix(for targets: [MetricsTarget]) -> String {
      let first = parameters.isEmpty ? nil : targets.first { Kind($0) == self }
      return (honorLabels ? "-honor-labels" : "") + (first.map { "-\($0.agent)" } ?? "")
    }
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
      guard !Self.needsCredentials(manager) else { return nil }
      var mapping = YAMLMapping()
      if place.scheme != "http" { mapping.add("scheme", place.scheme) }
      if place.reference.path != "/" { mapping.add("path_prefix", place.reference.path) }
      mapping.add("static_configs", .sequence([YAMLMapping([("targets", .sequence([.text(place.address)]))]).tree]))
      return mapping.tree
    }
    return managers.isEmpty ? nil : YAMLMapping([("alertmanagers", .sequence(managers))]).tree
  }

  /// Whether it is not let in without what no rendered file may hold, or without files of this machine.
  static func needsCredentials(_ manager: Receiver.Alertmanager) -> Bool {
    guard let http = manager.http else { return EndpointAddress(manager.url).hasCredentials }
    return http.bearerToken != nil || http.bearerTokenFile != nil || http.authorization != nil || http.basicAuth != nil
      || http.tls != TLSClientOptions() || http.proxyURL != nil || !http.headers.isEmpty
      || EndpointAddress(manager.url).hasCredentials
  }

  private func tree(of job: Job) -> YAMLTree {
    var mapping = YAMLMapping([("job_name", .text(job.name))])
    if job.honorLabels { mapping.add("honor_labels", .boolean(true)) }
    mapping.add("sample_limit", .integer(system.limits.samplesPerCollection))
    mapping.add("body_size_limit", "\(system.limits.bodySize)B")
    if !job.parameters.isEmpty {
      mapping.add("params", EndpointReference.tree(of: job.parameters))
    }
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
    for parameter in target.reference.parameters where target.reference.hasPlainParameters {
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

  /// What has ended answers no more, and what has not begun not yet: neither is an agent that is down.
  static let running = RelabelRule(
    action: .drop, sources: ["__meta_kubernetes_pod_phase"], pattern: "Failed|Pending|Succeeded")

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
      running,
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
    let plain = targets.filter(\.reference.hasPlainParameters)
    for name in Set(plain.flatMap { $0.reference.parameters.map(\.name) }).sorted() {
      set("__param_\(FleetLabels.seriesName(of: name))") { target in
        target.reference.hasPlainParameters ? target.reference.parameters.last { $0.name == name }?.value : nil
      }
    }
    set("__scrape_interval__") { $0.interval == standard.interval ? nil : PrometheusDuration.format($0.interval) }
    set("__scrape_timeout__") { $0.timeout == standard.timeout ? nil : PrometheusDuration.format($0.timeout) }
    return rules + labels(of: system)
  }
}

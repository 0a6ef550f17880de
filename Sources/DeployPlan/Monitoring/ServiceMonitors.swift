import FleetModel

/// ServiceMonitors for a Prometheus of the operator's
/// (<https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor>).
///
/// What is collected in one way has one monitor, `multi-agent-system` for most; agents with a path, an interval or labels of
/// their own have further ones, since an endpoint is tried on every Service that a monitor selects.
struct ServiceMonitors: Sendable {
  struct Monitor: Sendable {
    var name: String
    var settings: MetricsTarget.Settings
    /// The agents it is for.
    var agents: [AgentID]
    /// Agents of other monitors, left out here; where this is empty and `isOnly` is false, `agents` are named.
    var others: [AgentID]
    var isMain: Bool
  }

  let monitors: [Monitor]

  init(_ system: FleetSystem) {
    var order: [MetricsTarget.Settings] = []
    var agents: [MetricsTarget.Settings: [AgentID]] = [:]
    for target in system.agents.map({ MetricsTarget($0, of: system) }) where target.address == nil {
      if agents[target.settings] == nil { order.append(target.settings) }
      agents[target.settings, default: []].append(target.agent)
    }
    // The most common settings, of equal ones the first, are those of the main monitor.
    let main = order.enumerated().max { left, right in
      (agents[left.element]?.count ?? 0, -left.offset) < (agents[right.element]?.count ?? 0, -right.offset)
    }?.element
    monitors = order.map { settings in
      let own = agents[settings] ?? []
      let isMain = settings == main
      return Monitor(
        name: isMain ? FleetLabels.job : "\(FleetLabels.job)-\(own.first?.name ?? "")", settings: settings, agents: own,
        others: isMain ? order.filter { $0 != settings }.flatMap { agents[$0] ?? [] } : [], isMain: isMain)
    }
  }

  func manifests(_ system: FleetSystem) -> [Manifest] {
    monitors.sorted { ($0.isMain ? 0 : 1, $0.name) < ($1.isMain ? 0 : 1, $1.name) }.map { monitor in
      var selector = YAMLMapping([
        ("matchLabels", YAMLMapping([("app", .text(FleetLabels.job))]).tree)
      ])
      let named = monitor.isMain ? monitor.others : monitor.agents
      if !named.isEmpty {
        var requirement = YAMLMapping([
          ("key", .text("agent-id")), ("operator", .text(monitor.isMain ? "NotIn" : "In")),
        ])
        requirement.add("values", texts: named.map(\.name).sorted())
        selector.add("matchExpressions", .sequence([requirement.tree]))
      }
      var spec = YAMLMapping([("selector", selector.tree)])
      spec.add("namespaceSelector", YAMLMapping([("matchNames", .sequence([.text(system.namespace)]))]).tree)
      spec.add("endpoints", .sequence([endpoint(monitor.settings, of: system)]))
      spec.add("sampleLimit", .integer(system.limits.samplesPerCollection))
      return MonitoringObject.manifest(
        "monitoring.coreos.com/v1", "ServiceMonitor", monitor.name, of: system,
        labels: system.monitoring.kubernetes.selectorLabels, [("spec", spec.tree)])
    }
  }

  private func endpoint(_ settings: MetricsTarget.Settings, of system: FleetSystem) -> YAMLTree {
    var mapping = YAMLMapping([("port", .text(FleetLabels.metricsPort)), ("path", .text(settings.reference.path))])
    if !settings.reference.parameters.isEmpty {
      mapping.add("params", EndpointReference.tree(of: settings.reference.parameters))
    }
    mapping.add("interval", PrometheusDuration.format(settings.interval))
    mapping.add("scrapeTimeout", PrometheusDuration.format(settings.timeout))
    if settings.honorLabels { mapping.add("honorLabels", .boolean(true)) }
    mapping.add("relabelings", .sequence(Self.relabeling(of: system).map(\.monitorTree)))
    return mapping.tree
  }

  /// The operator adds labels of its own; without them the series are those of the scrape configuration.
  static func relabeling(of system: FleetSystem) -> [RelabelRule] {
    [ScrapeConfiguration.running, RelabelRule(action: .labeldrop, pattern: "container|endpoint|service")]
      + ScrapeConfiguration.labels(of: system)
  }
}

public import FleetModel

/// Everything that lets Prometheus and Grafana watch a system's agents, made from its system file: a pure function, the same
/// file gives the same bytes.
///
/// It is there twice: as files for a Prometheus and a Grafana of one's own (``files``), and as objects for a cluster
/// (``manifests``), where a ServiceMonitor and a PrometheusRule serve the Prometheus Operator and ConfigMaps everybody else.
public struct MonitoringStack: Sendable {
  /// A whole `prometheus.yml`; it names ``ruleFiles`` beside itself.
  public internal(set) var prometheusConfig: String
  /// Prometheus' rule files.
  public internal(set) var ruleFiles: [RenderedText]
  public internal(set) var dashboards: [Dashboard]
  /// ServiceMonitors, PrometheusRule and ConfigMaps.
  public internal(set) var manifests: [Manifest]
  /// The rules, as they stand in ``ruleFiles``.
  public internal(set) var groups: [RuleGroup]
  /// All files with their folders: Prometheus' and Grafana's, with what provisions Grafana.
  public internal(set) var files: [RenderedText]

  /// What ``prometheusConfig`` says of collection.
  var jobs: [ScrapeConfiguration.Job]
  /// Where the rules of ``groups`` stand in the system file, group by group; shorter where rule files follow.
  let origins: [[RuleOrigin?]]
  /// The system's alert rules that nothing was rendered for, by their position.
  let untranslated: [Int]
  /// Whether what the system's `rule_files` hold is part of the stack.
  let hasFileGroups: Bool

  /// - Parameters:
  ///   - system: as `SystemFile` accepted it.
  ///   - fileGroups: what the system's `rule_files` hold; without them those rules are not part of the stack.
  public init(of system: FleetSystem, fileGroups: [RuleGroup] = []) {
    let exposition = FleetExposition(system)
    let rules = StackRules(system, exposition, fileGroups: fileGroups)
    groups = rules.groups
    origins = rules.origins
    untranslated = rules.untranslated
    hasFileGroups = !fileGroups.isEmpty
    let parts = RuleParts.split(groups).enumerated().map { index, groups in
      Part(
        name: index == 0 ? FleetLabels.job : "\(FleetLabels.job)-\(index + 1)",
        tree: YAMLMapping([("groups", .sequence(groups.map(\.tree)))]).tree)
    }
    let ruleFiles = parts.map { RenderedText(name: "rules/\($0.name).yml", yaml: $0.tree) }
    self.ruleFiles = ruleFiles
    let scrape = ScrapeConfiguration(system)
    jobs = scrape.jobs
    prometheusConfig = RenderedText(name: "", yaml: scrape.tree(ruleFiles: ruleFiles.map(\.name))).text

    let recorded = Set(groups.flatMap(\.rules).filter { $0.kind == .recording }.map(\.name))
    let panels = FleetPanels { metric, labels in
      if metric == "ALERTS" || recorded.contains(metric) { return labels.isEmpty }
      return exposition.isServed(metric) && labels.isSubset(of: exposition.labels(of: metric))
    }
    let dashboard = DashboardWriter(system: system, sections: panels.sections).dashboard
    dashboards = [dashboard]
    let dashboardFile = RenderedText(name: "grafana/dashboards/\(FleetLabels.job).json", text: dashboard.json)
    let configuration = RenderedText(name: "prometheus/prometheus.yml", text: prometheusConfig)
    files =
      [configuration] + ruleFiles.map { RenderedText(name: "prometheus/\($0.name)", text: $0.text) } + [dashboardFile]
      + GrafanaProvisioning.files(system)

    let onKubernetes = system.monitoring.kubernetes
    var manifests = ServiceMonitors(system).manifests(system)
    if !groups.isEmpty {
      manifests += parts.map { part in
        MonitoringObject.manifest(
          "monitoring.coreos.com/v1", "PrometheusRule", part.name, of: system, labels: onKubernetes.selectorLabels,
          [("spec", part.tree)])
      }
    }
    // Mounted ConfigMaps are flat: their files stand beside each other.
    let mounted = RenderedText(
      name: configuration.name, yaml: scrape.tree(ruleFiles: parts.map { "\($0.name).yml" }))
    for (index, ruleFile) in ruleFiles.enumerated() {
      manifests.append(
        MonitoringObject.configMap(
          index == 0 ? "prometheus" : "prometheus-\(index + 1)", of: system,
          index == 0 ? [mounted, ruleFile] : [ruleFile]))
    }
    // Grafana's side-car writes the files of all ConfigMaps into one folder.
    let provided = RenderedText(name: "\(FleetLabels.job)-\(system.namespace).json", text: dashboard.json)
    manifests.append(
      MonitoringObject.configMap(
        "dashboards", of: system, labels: onKubernetes.dashboardLabels,
        annotations: ["grafana_folder": system.name], [provided]))
    self.manifests = manifests
  }

  /// What one rule file, or one PrometheusRule, holds.
  private struct Part {
    let name: String
    let tree: YAMLTree
  }
}

/// What makes a Grafana take dashboards and data source from files
/// (<https://grafana.com/docs/grafana/latest/administration/provisioning/>).
enum GrafanaProvisioning {
  static func files(_ system: FleetSystem) -> [RenderedText] {
    [dashboards(system), dataSource(system)]
  }

  private static func dashboards(_ system: FleetSystem) -> RenderedText {
    let provider = YAMLMapping([
      ("name", .text(system.name)), ("folder", .text(system.name)), ("type", .text("file")),
      ("disableDeletion", .boolean(false)), ("allowUiUpdates", .boolean(false)),
      ("options", YAMLMapping([("path", .text("/var/lib/grafana/dashboards/\(system.name)"))]).tree),
    ])
    return RenderedText(
      name: "grafana/provisioning/dashboards/\(system.name).yaml",
      yaml: YAMLMapping([("apiVersion", .integer(1)), ("providers", .sequence([provider.tree]))]).tree)
  }

  /// Exemplars lead to their traces by the data source, not by the dashboard.
  private static func dataSource(_ system: FleetSystem) -> RenderedText {
    let trace = system.monitoring.kubernetes.traceURL ?? "http://127.0.0.1:7540/fleet/v1/traces/${trace_id}/analysis"
    let destination = YAMLMapping([
      ("name", .text("trace_id")), ("url", .text(trace.replacing("${trace_id}", with: "$${__value.raw}"))),
      ("urlDisplayLabel", .text("Open trace")),
    ])
    let options = YAMLMapping([
      ("httpMethod", .text("POST")),
      ("timeInterval", .text(PrometheusDuration.format(system.monitoring.collectionInterval))),
      ("exemplarTraceIdDestinations", .sequence([destination.tree])),
    ])
    let name = system.monitoring.kubernetes.dataSource ?? "prometheus"
    let source = YAMLMapping([
      ("name", .text(name)), ("uid", .text(name)), ("type", .text("prometheus")), ("access", .text("proxy")),
      ("url", .text("http://prometheus.\(system.monitoring.kubernetes.namespace).svc:9090")),
      ("jsonData", options.tree),
    ])
    return RenderedText(
      name: "grafana/provisioning/datasources/\(system.name).yaml",
      yaml: YAMLMapping([("apiVersion", .integer(1)), ("datasources", .sequence([source.tree]))]).tree)
  }
}

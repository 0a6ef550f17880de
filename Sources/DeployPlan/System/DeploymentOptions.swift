public import FleetModel

/// What is there without the system file, so that what is rendered may name it (`external`).
public struct ExternalObjects: Sendable, Hashable {
  public var secrets: Set<String> = []
  public var configMaps: Set<String> = []
  public var serviceAccounts: Set<String> = []
  /// Hosts that routes may name beside the system's own services.
  public var hosts: Set<String> = []
  /// Metrics that rules and panels may read although no agent serves them, such as `kube_*`.
  public var metrics: [Glob] = []

  public init() {}
}

/// A rule of `skep deploy check` that is not to count for some objects, and why (one entry of `waivers`).
public struct Waiver: Sendable, Hashable {
  /// The rule's id.
  public var rule: String
  /// Only for what belongs to this agent; `nil` for all.
  public var agent: AgentID?
  /// Only for objects that are called so, `Kind/name`; `nil` for all.
  public var resource: String?
  public var reason: String

  public init(rule: String, agent: AgentID? = nil, resource: String? = nil, reason: String) {
    self.rule = rule
    self.agent = agent
    self.resource = resource
    self.reason = reason
  }
}

/// How Kubernetes is to be told of the system's monitoring (`monitoring.kubernetes`).
public struct MonitoringOnKubernetes: Sendable, Hashable {
  /// The namespace that Prometheus and Grafana run in.
  public var namespace = "monitoring"
  /// Labels of ServiceMonitors and PrometheusRules, by which a Prometheus of the operator's selects them.
  public var selectorLabels: [String: String] = [:]
  /// Labels of dashboards' ConfigMaps, by which Grafana's side-car finds them.
  public var dashboardLabels: [String: String] = ["grafana_dashboard": "1"]
  /// The data source of the dashboards; `nil` lets the viewer choose.
  public var dataSource: String?
  /// Where a trace is shown, with `${trace_id}` in it; `nil` links to Skep's console.
  public var traceURL: String?

  public init() {}
}

/// A metric that an agent says it serves (one entry of `metrics.exposes`).
public struct ExposedMetric: Sendable, Hashable {
  public var name: String
  public var type: MetricType
  /// Labels of its own, beside those that collection adds.
  public var labels: Set<String>

  public init(name: String, type: MetricType = .unknown, labels: Set<String> = []) {
    self.name = name
    self.type = type
    self.labels = labels
  }
}

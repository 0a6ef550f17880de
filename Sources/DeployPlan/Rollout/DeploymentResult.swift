public import FleetModel

/// What a deployment did and what is in place now, whether it went well or not.
public struct DeploymentResult: Sendable, Hashable {
  public struct Agent: Sendable, Hashable {
    /// What was to be applied of it.
    public var manifests: [Manifest.ID]
    public var status: AgentCondition
    /// How far its pods are; `nil` where its rollout was never followed.
    public var rollout: AgentRollout?
    public var revision: String
    public var image: String

    public init(
      manifests: [Manifest.ID], status: AgentCondition, rollout: AgentRollout? = nil, revision: String = "",
      image: String = ""
    ) {
      self.manifests = manifests
      self.status = status
      self.rollout = rollout
      self.revision = revision
      self.image = image
    }
  }

  /// How one object was left.
  public enum ObjectState: String, Sendable, Hashable, CaseIterable {
    case created
    case changed
    case unchanged
    case removed
    /// It was to be applied, and is as it was.
    case notApplied = "not_applied"
    /// It was to go, and is still there.
    case notRemoved = "not_removed"
    /// A request for it broke off: nothing is known of what it did.
    case unknown
  }

  public var id: DeploymentID
  public var system: String
  public var namespace: String
  public var state: DeployRecord.State
  public var agents: [String: Agent]
  /// Skep's own part, where the system has one.
  public var controlPlane: Agent?
  /// In the order of the apply, what was taken away last.
  public var objects: [Object]
  /// Why it did not go well; empty where it did.
  public var errors: [String]
  /// What the API server had to say about objects that it took.
  public var warnings: [String]
  /// What a rollback would bring again: the last deployment before this one that went well; `nil` where there is none.
  public var goesBackTo: DeploymentID?

  public struct Object: Sendable, Hashable {
    public var id: Manifest.ID
    public var state: ObjectState

    public init(_ id: Manifest.ID, _ state: ObjectState) {
      self.id = id
      self.state = state
    }
  }

  public init(
    id: DeploymentID, system: String, namespace: String, state: DeployRecord.State, agents: [String: Agent] = [:],
    objects: [Object] = [], errors: [String] = [], warnings: [String] = [],
    goesBackTo: DeploymentID? = nil
  ) {
    self.id = id
    self.system = system
    self.namespace = namespace
    self.state = state
    self.agents = agents
    self.errors = errors
    self.warnings = warnings
    self.objects = objects
    self.goesBackTo = goesBackTo
  }

  /// Whether every agent was seen ready and nothing else went wrong.
  public var success: Bool { state == .deployed && errors.isEmpty && agents.values.allSatisfy { $0.status == .ready } }

  /// What of it belongs to the service mesh.
  public var serviceMesh: [Manifest.ID] { objects.map(\.id).filter { $0.group.hasSuffix("istio.io") } }

  /// What of it belongs to the monitoring.
  public var monitoring: Monitoring { Monitoring(of: objects.map(\.id)) }

  public struct Monitoring: Sendable, Hashable {
    public var prometheusConfig: [Manifest.ID]
    public var grafanaDashboards: [Manifest.ID]
    public var alertRules: [Manifest.ID]
    public var serviceMonitor: [Manifest.ID]

    /// Told apart by kind; ConfigMaps by the ends of the names that Skep gives them.
    init(of ids: [Manifest.ID]) {
      let maps = ids.filter { $0.kind == "ConfigMap" }
      prometheusConfig = maps.filter { $0.name.hasSuffix("-prometheus") }
      grafanaDashboards = maps.filter { $0.name.hasSuffix("-dashboard") || $0.name.hasSuffix("-dashboards") }
      alertRules = ids.filter { $0.kind == "PrometheusRule" }
      serviceMonitor = ids.filter { $0.kind == "ServiceMonitor" || $0.kind == "PodMonitor" }
    }
  }
}

extension DeploymentResult {
  /// As commands print it.
  public var json: JSONValue {
    func names(_ ids: [Manifest.ID]) -> JSONValue { .array(ids.map(\.json)) }
    let monitoring = monitoring
    return [
      "deployment_id": .string(id.text), "system": .string(system), "namespace": .string(namespace),
      "state": .string(state.text),
      "agents": .object(
        agents.sorted { $0.key < $1.key }.map { JSONValue.Member(key: $0.key, value: $0.value.json) }),
      "control_plane": controlPlane?.json ?? .null, "service_mesh_configs": names(serviceMesh),
      "monitoring_setup": [
        "prometheus_config": names(monitoring.prometheusConfig),
        "grafana_dashboards": names(monitoring.grafanaDashboards), "alert_rules": names(monitoring.alertRules),
        "service_monitor": names(monitoring.serviceMonitor),
      ],
      "objects": .array(
        objects.map { ["object": $0.id.json, "state": .string($0.state.rawValue)] }),
      "success": .bool(success), "errors": .array(errors.map { .string($0) }),
      "warnings": .array(warnings.map { .string($0) }),
      "goes_back_to": goesBackTo.map { .string($0.text) } ?? .null,
    ]
  }
}

extension DeploymentResult.Agent {
  var json: JSONValue {
    [
      "manifests": .array(manifests.map(\.json)), "status": .string(status.rawValue),
      "replicas": .number(Double(rollout?.ready ?? 0)), "desired_replicas": .number(Double(rollout?.desired ?? 0)),
      "revision": .string(revision), "image": .string(image),
      "reasons": .array((rollout?.reasons ?? []).map(\.json)),
    ]
  }
}

extension RolloutReason {
  public var json: JSONValue {
    [
      "kind": .string(kind.rawValue), "message": .string(message), "object": .string(object),
      "count": .number(Double(count)), "container": .string(container), "restarts": .number(Double(restarts)),
      "log": .array(log.map { .string($0) }),
    ]
  }
}

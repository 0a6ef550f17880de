import FleetModel

/// The names, labels and ports that the objects of the control plane have in common.
enum ControlPlaneObjects {
  /// Of the StatefulSet, the Service, the ServiceAccount, the Role and the NetworkPolicy.
  static let name = "skep"
  /// The ConfigMap with the system file.
  static let file = "skep-system"
  static let port = 7540
  static let grpcPort = 4317
  static let httpPort = 4318
  static let tokensKey = "tokens"
  static let agentTokenKey = "agent"

  /// What selects its pod. It is no agent, and collected by none of those who collect agents.
  static let selector = ["app": "skep"]

  static func labels(of system: FleetSystem) -> [String: String] {
    FleetObjects.labels(of: system, component: "control-plane").merging(
      ["app.kubernetes.io/name": "skep"].merging(selector) { $1 }
    ) { $1 }
  }

  static func metadata(_ name: String, of system: FleetSystem, annotations: [String: String] = [:])
    -> Kubernetes.ObjectMeta
  {
    Kubernetes.ObjectMeta(
      name: name, namespace: system.namespace, labels: labels(of: system), annotations: annotations)
  }

  /// All of them; none without `control_plane`.
  static func manifests(of system: FleetSystem) -> [Manifest] {
    guard let options = system.controlPlane, let image = options.fullImage, let document = options.document else {
      return []
    }
    let objects: [any KubernetesObject] = [
      ControlPlaneAccess.serviceAccount(of: system), ControlPlaneAccess.role(of: system),
      ControlPlaneAccess.roleBinding(of: system),
      Kubernetes.ConfigMap(metadata: metadata(file, of: system), data: [ControlPlaneBuilder.fileName: document]),
      ControlPlaneBuilder.statefulSet(of: system, options, image: image), ControlPlaneBuilder.service(of: system),
      ControlPlaneBuilder.networkPolicy(of: system),
    ]
    return objects.map { $0.manifest }
  }

  /// What agents are told of it, unless their own environment says where their spans go.
  static func environment(of agent: AgentSpec, in system: FleetSystem) -> [Kubernetes.EnvironmentVariable] {
    let endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
    guard let options = system.controlPlane, !agent.environment.contains(where: { $0.name == endpoint }) else {
      return []
    }
    let own = Set(agent.environment.map(\.name))
    return [
      .init(name: "SKEP_AGENT_TOKEN", value: .secret(name: options.tokens, key: agentTokenKey)),
      .init(name: endpoint, value: .text("http://\(name):\(httpPort)")),
      .init(name: "OTEL_EXPORTER_OTLP_PROTOCOL", value: .text("http/protobuf")),
      // Values are percent-encoded (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).
      .init(name: "OTEL_EXPORTER_OTLP_HEADERS", value: .text("Authorization=Bearer%20$(SKEP_AGENT_TOKEN)")),
    ].filter { !own.contains($0.name) }
  }
}

/// What the control plane may do: see the pods that it collects, and the records of deployments. Nothing of it changes anything, and
/// no Secret is among it.
enum ControlPlaneAccess {
  static func serviceAccount(of system: FleetSystem) -> Kubernetes.ServiceAccount {
    Kubernetes.ServiceAccount(
      metadata: ControlPlaneObjects.metadata(ControlPlaneObjects.name, of: system), automountServiceAccountToken: false)
  }

  static func role(of system: FleetSystem) -> Kubernetes.Role {
    Kubernetes.Role(
      metadata: ControlPlaneObjects.metadata(ControlPlaneObjects.name, of: system),
      rules: [.init(apiGroups: [""], resources: ["pods", "configmaps"], verbs: ["get", "list", "watch"])])
  }

  static func roleBinding(of system: FleetSystem) -> Kubernetes.RoleBinding {
    Kubernetes.RoleBinding(
      metadata: ControlPlaneObjects.metadata(ControlPlaneObjects.name, of: system), role: ControlPlaneObjects.name,
      serviceAccounts: [.init(name: ControlPlaneObjects.name, namespace: system.namespace)])
  }
}

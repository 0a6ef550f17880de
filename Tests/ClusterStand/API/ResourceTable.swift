/// Every kind that the server stores, by group and plural name.
struct ResourceTable: Sendable {
  /// In the order of discovery.
  let all: [Resource]
  private let byName: [String: Resource]

  /// - Parameter custom: whether Istio's and the Prometheus Operator's kinds are installed.
  init(custom: Bool) {
    all = Self.builtIn + (custom ? Self.custom : [])
    byName = Dictionary(all.map { ("\($0.group)/\($0.plural)", $0) }, uniquingKeysWith: { first, _ in first })
  }

  func resource(group: String, plural: String) -> Resource? { byName["\(group)/\(plural)"] }

  func resource(apiVersion: String, kind: String) -> Resource? {
    all.first { resource in
      resource.kind == kind && resource.versions.contains { resource.apiVersion($0) == apiVersion }
    }
  }

  /// The groups in the order of discovery, without the core one.
  var groups: [String] {
    all.reduce(into: []) { groups, resource in
      if !resource.group.isEmpty, !groups.contains(resource.group) { groups.append(resource.group) }
    }
  }

  func versions(of group: String) -> [String] {
    all.filter { $0.group == group }.reduce(into: []) { versions, resource in
      for version in resource.versions where !versions.contains(version) { versions.append(version) }
    }
  }

  private static let types: [String: ObjectType] = {
    var text = SchemaText()
    text.add(CoreTypes.text)
    text.add(PodTypes.text)
    text.add(WorkloadTypes.text)
    return text.types
  }()

  /// Custom resources share only metadata with built-in kinds.
  private static func customTypes(_ source: String) -> [String: ObjectType] {
    var text = SchemaText(types.filter { $0.key == "ObjectMeta" })
    text.add(source)
    return text.types
  }

  private static func schema(_ kind: String, in types: [String: ObjectType]) -> Schema {
    guard let type = types[kind] else { preconditionFailure("BUG: no type for \(kind)") }
    return .object(type)
  }

  private static func core(
    _ kind: String, _ plural: String, _ shortNames: [String] = [], namespaced: Bool = true, status: Bool = false,
    categories: [String] = [], generation: Bool = false
  ) -> Resource {
    Resource(
      group: "", versions: ["v1"], kind: kind, plural: plural, shortNames: shortNames, categories: categories,
      isNamespaced: namespaced, hasStatus: status, hasGeneration: generation, schema: schema(kind, in: types))
  }

  private static func grouped(
    _ group: String, _ version: String, _ kind: String, _ plural: String, _ shortNames: [String] = [],
    namespaced: Bool = true, status: Bool = false, scale: Bool = false, generation: Bool = false,
    categories: [String] = []
  ) -> Resource {
    Resource(
      group: group, versions: [version], kind: kind, plural: plural, shortNames: shortNames, categories: categories,
      isNamespaced: namespaced, hasStatus: status, hasScale: scale, hasGeneration: generation,
      schema: schema(kind, in: types))
  }

  private static let builtIn: [Resource] = [
    core("ConfigMap", "configmaps", ["cm"]),
    core("Endpoints", "endpoints", ["ep"]),
    core("Event", "events", ["ev"]),
    core("Namespace", "namespaces", ["ns"], namespaced: false, status: true),
    core("PersistentVolumeClaim", "persistentvolumeclaims", ["pvc"], status: true),
    core("Pod", "pods", ["po"], status: true, categories: ["all"], generation: true),
    core("ResourceQuota", "resourcequotas", ["quota"], status: true),
    core("Secret", "secrets"),
    core("ServiceAccount", "serviceaccounts", ["sa"]),
    core("Service", "services", ["svc"], status: true, categories: ["all"]),
    grouped(
      "apps", "v1", "Deployment", "deployments", ["deploy"], status: true, scale: true, generation: true,
      categories: ["all"]),
    grouped(
      "apps", "v1", "ReplicaSet", "replicasets", ["rs"], status: true, scale: true, generation: true,
      categories: ["all"]),
    grouped(
      "apps", "v1", "StatefulSet", "statefulsets", ["sts"], status: true, scale: true, generation: true,
      categories: ["all"]),
    grouped(
      "autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", ["hpa"], status: true,
      categories: ["all"]),
    grouped("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", ["netpol"], generation: true),
    grouped(
      "policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", ["pdb"], status: true, generation: true),
    grouped("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", namespaced: false),
    grouped("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
    grouped("rbac.authorization.k8s.io", "v1", "Role", "roles"),
    grouped("coordination.k8s.io", "v1", "Lease", "leases"),
    grouped("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", generation: true),
  ]

  private static let custom: [Resource] = {
    let istio = customTypes(IstioTypes.text)
    let monitoring = customTypes(MonitoringTypes.text)
    func resource(
      _ group: String, _ versions: [String], _ kind: String, _ plural: String, _ short: String,
      _ types: [String: ObjectType], _ columns: [Resource.Column] = []
    ) -> Resource {
      let isIstio = group.hasSuffix("istio.io")
      return Resource(
        group: group, versions: versions, kind: kind, plural: plural, shortNames: [short],
        categories: isIstio
          ? ["istio-io", group.split(separator: ".")[0] + "-istio-io"] : ["prometheus-operator"],
        isCustom: true, hasStatus: true, hasGeneration: true, schema: schema(kind, in: types), columns: columns)
    }
    let networking = ["v1", "v1beta1", "v1alpha3"]
    return [
      resource("monitoring.coreos.com", ["v1"], "ServiceMonitor", "servicemonitors", "smon", monitoring),
      resource("monitoring.coreos.com", ["v1"], "PodMonitor", "podmonitors", "pmon", monitoring),
      resource("monitoring.coreos.com", ["v1"], "PrometheusRule", "prometheusrules", "promrule", monitoring),
      resource(
        "networking.istio.io", networking, "VirtualService", "virtualservices", "vs", istio,
        [.init(name: "Gateways", path: ["spec", "gateways"]), .init(name: "Hosts", path: ["spec", "hosts"])]),
      resource(
        "networking.istio.io", networking, "DestinationRule", "destinationrules", "dr", istio,
        [.init(name: "Host", path: ["spec", "host"])]),
      resource(
        "security.istio.io", ["v1", "v1beta1"], "AuthorizationPolicy", "authorizationpolicies", "ap", istio,
        [.init(name: "Action", path: ["spec", "action"])]),
      resource(
        "security.istio.io", ["v1", "v1beta1"], "PeerAuthentication", "peerauthentications", "pa", istio,
        [.init(name: "Mode", path: ["spec", "mtls", "mode"])]),
    ]
  }()
}

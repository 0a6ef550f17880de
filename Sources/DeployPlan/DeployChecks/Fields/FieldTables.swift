/// What the API server's schemas say of the kinds that people use beside agents: names of fields, types, what must be
/// given, what is one of few, bounds.
///
/// The tables beside this file are facts, in the notation of ``FieldNotation``; they are read once, when first asked.
struct FieldTables: Sendable {
  let objects: [ObjectType]
  private let kinds: [String: [KindType]]
  private let groups: [String: Set<String>]

  static let all = FieldTables(
    FieldNotation([
      kinds, meta, pods, volumes, core, groups, virtualService, destinationRule, istioSecurity, prometheusOperator,
    ]))

  init(_ notation: FieldNotation) {
    objects = notation.objects
    kinds = Dictionary(grouping: notation.kinds) { $0.kind }
    groups = Dictionary(notation.kinds.map { ($0.group, Set([$0.kind])) }) { $0.union($1) }
      .merging(Self.unchecked) { $0.union($1) }
  }

  /// What an `apiVersion` and a `kind` are to us.
  enum Answer {
    case known(KindType)
    /// The kind is there, in other versions or groups.
    case elsewhere([KindType])
    /// A kind of that name is not in the group; `nearest` is what was meant.
    case misspelt(nearest: String)
    /// Nothing is known of it.
    case unknown
  }

  func answer(apiVersion: String, kind: String) -> Answer {
    let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let group = parts.count == 2 ? parts[0] : ""
    let version = parts.last ?? ""
    let candidates = kinds[kind] ?? []
    if let found = candidates.first(where: { $0.group == group && $0.versions.contains(version) }) {
      return .known(found)
    }
    // The same word may be a kind of a group that is not in the tables (a Service of Knative's).
    let isOurs = groups[group] != nil || Self.formerGroups.contains(group)
    if !candidates.isEmpty, isOurs, Self.unchecked[group]?.contains(kind) != true { return .elsewhere(candidates) }
    guard let known = groups[group], !known.contains(kind) else { return .unknown }
    // In lower case it may stand in another group: `v1 deployment`.
    if let same = kinds.keys.first(where: { $0.lowercased() == kind.lowercased() }) { return .misspelt(nearest: same) }
    if let nearest = KeyDistance.nearest(to: kind, among: known.sorted()) { return .misspelt(nearest: nearest) }
    return .unknown
  }

  func type(group: String, kind: String) -> KindType? { kinds[kind]?.first { $0.group == group } }

  /// Groups that kinds of today's groups came from.
  private static let formerGroups: Set = ["extensions"]

  /// Kinds of the tables' groups that are not in the tables.
  private static let unchecked: [String: Set<String>] = [
    "": [
      "Binding", "ComponentStatus", "Event", "Node", "List",
    ],
    "apps": ["ControllerRevision"],
    "autoscaling": ["Scale"],
    "policy": ["Eviction", "PodSecurityPolicy"],
    "networking.k8s.io": ["IPAddress", "ServiceCIDR"],
    "scheduling.k8s.io": ["PodGroup", "CompositePodGroup", "Workload"],
    "storage.k8s.io": [
      "CSIDriver", "CSINode", "CSIStorageCapacity", "VolumeAttachment", "VolumeAttributesClass",
    ],
    "coordination.k8s.io": ["LeaseCandidate"],
    "networking.istio.io": [
      "Gateway", "ServiceEntry", "Sidecar", "WorkloadEntry", "WorkloadGroup", "EnvoyFilter", "ProxyConfig",
    ],
    "security.istio.io": ["RequestAuthentication"],
    "monitoring.coreos.com": [
      "Alertmanager", "AlertmanagerConfig", "Probe", "Prometheus", "PrometheusAgent", "ScrapeConfig", "ThanosRuler",
    ],
  ]
}

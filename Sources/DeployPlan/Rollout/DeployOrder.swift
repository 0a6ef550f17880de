import FleetModel

/// In which order the objects of a system are applied, and taken away.
///
/// First what agents share: the Namespace, then who they are, then the rest. Then each agent, as soon as all agents that it
/// depends on are ready: what its pods need, the pods, and once they are ready the routes to them. Skep's own pod goes as an agent
/// that depends on nothing and on which none depends. Last what watches them.
/// What is within one batch may be applied at the same time.
public struct DeployOrder: Sendable, Hashable {
  /// The part of a system that is one agent.
  public struct AgentPart: Sendable, Hashable {
    public var agent: String
    public var dependsOn: [String]
    /// Applied one after the other before the rollout is waited for. Empty ones are not there.
    public var batches: [[Manifest.ID]]
    /// What is waited for; `nil` for an agent without pods of its own.
    public var workload: Manifest.ID?
    /// Applied once the workload is ready, one after the other: the subsets before the routes that name them.
    public var routes: [[Manifest.ID]]

    public init(
      agent: String, dependsOn: [String] = [], batches: [[Manifest.ID]], workload: Manifest.ID?,
      routes: [[Manifest.ID]] = []
    ) {
      self.agent = agent
      self.dependsOn = dependsOn
      self.batches = batches
      self.workload = workload
      self.routes = routes
    }
  }

  /// The part that is Skep itself; no agent can be called so.
  public static let controlPlane = "control plane"

  public var shared: [[Manifest.ID]]
  /// In the order of the system file, ``controlPlane`` first where the system has one.
  public var agents: [AgentPart]
  public var last: [[Manifest.ID]]

  public init(shared: [[Manifest.ID]], agents: [AgentPart], last: [[Manifest.ID]]) {
    self.shared = shared
    self.agents = agents
    self.last = last
  }

  /// - Parameters:
  ///   - manifests: as rendered; what belongs to which agent is told by labels.
  ///   - dependsOn: by agent; names that are no agent of the manifests count as ready.
  public init(of manifests: [Manifest], dependsOn: [String: [String]] = [:]) {
    var shared: [Manifest] = []
    var last: [Manifest] = []
    var ofControlPlane: [Manifest] = []
    var names: [String] = []
    var byAgent: [String: [Manifest]] = [:]
    for manifest in manifests {
      let labels = manifest.labels
      if labels["component"] == "agent", let agent = labels["agent-id"] {
        if byAgent[agent] == nil { names.append(agent) }
        byAgent[agent, default: []].append(manifest)
      } else if labels["app.kubernetes.io/component"] == "monitoring" {
        last.append(manifest)
      } else if Self.isOfControlPlane(labels) {
        ofControlPlane.append(manifest)
      } else {
        shared.append(manifest)
      }
    }
    self.shared = Self.batches(of: shared)
    self.last = Self.batches(of: last)
    agents = names.map { Self.part($0, byAgent[$0] ?? [], dependsOn: dependsOn[$0] ?? []) }
    if !ofControlPlane.isEmpty { agents.insert(Self.part(Self.controlPlane, ofControlPlane, dependsOn: []), at: 0) }
  }

  /// Whether an object with these labels is Skep's own.
  public static func isOfControlPlane(_ labels: [String: String]) -> Bool {
    labels["app.kubernetes.io/component"] == "control-plane"
  }

  /// `agent planner`, or the control plane.
  static func title(of part: String) -> String { part == controlPlane ? "the control plane" : "agent \(part)" }

  /// The dependencies of a system's agents.
  public static func dependencies(in system: FleetSystem) -> [String: [String]] {
    Dictionary(system.agents.map { ($0.agentID.name, $0.dependsOn.map(\.name)) }) { first, _ in first }
  }

  private static func part(_ agent: String, _ manifests: [Manifest], dependsOn: [String]) -> AgentPart {
    let routes = manifests.filter { Rank(of: $0.kind) == .routes || Rank(of: $0.kind) == .subsets }
    let rest = manifests.filter { manifest in !routes.contains(manifest) }
    return AgentPart(
      agent: agent, dependsOn: dependsOn, batches: batches(of: rest),
      workload: rest.first { Rank(of: $0.kind) == .workloads }?.id, routes: batches(of: routes))
  }

  private static func batches(of manifests: [Manifest]) -> [[Manifest.ID]] {
    var byRank: [Rank: [Manifest.ID]] = [:]
    for manifest in manifests { byRank[Rank(of: manifest.kind), default: []].append(manifest.id) }
    return byRank.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value)
  }

  /// What is named before what names it.
  enum Rank: Int, Hashable {
    case namespace
    case definitions
    case accounts
    case configuration
    case rest
    case workloads
    case scaling
    case subsets
    case routes

    init(of kind: String) {
      self =
        switch kind {
        case "Namespace": .namespace
        case "CustomResourceDefinition": .definitions
        case "ServiceAccount", "Role", "ClusterRole": .accounts
        case "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret", "PersistentVolumeClaim": .configuration
        case "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob": .workloads
        case "HorizontalPodAutoscaler", "PodDisruptionBudget": .scaling
        case "DestinationRule": .subsets
        case "VirtualService": .routes
        default: .rest
        }
    }
  }

  /// In which order objects go that are no longer wanted: what names others before what it names. What is within one batch
  /// may be deleted at the same time.
  public static func removal(of ids: [Manifest.ID]) -> [[Manifest.ID]] {
    var byRank: [Rank: [Manifest.ID]] = [:]
    for id in ids { byRank[Rank(of: id.kind), default: []].append(id) }
    return byRank.sorted { $0.key.rawValue > $1.key.rawValue }.map(\.value)
  }

  /// All objects, in an order that respects every dependency.
  public var ids: [Manifest.ID] {
    (shared + agents.flatMap { $0.batches + $0.routes } + last).flatMap(\.self)
  }
}

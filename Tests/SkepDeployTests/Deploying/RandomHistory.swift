import ClusterControl
import ClusterStand
import DeployPlan
import FleetModel
import Platform
import SkepDeploy
import TestSupport

/// A cluster with a past: systems that were applied well or badly, objects of others, edited fields. All of it follows from a seed.
struct RandomHistory {
  let random: SeededRandom
  /// What was done, for whoever reads a failure.
  private(set) var story: [String] = []
  /// Of others, and to be found as they were.
  private(set) var strangers: Set<Manifest.ID> = []

  init(seed: Int) { random = SeededRandom(seed: UInt64(seed)) }

  static let namespace = "team-space"
  private static let names = ["archive", "critic", "planner", "worker"]

  private func below(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }
  private func oneIn(_ count: Int) -> Bool { below(count) == 0 }

  // MARK: Systems

  /// Up to four agents, each with its own settings.
  func system() throws -> FleetSystem {
    var system = FleetSystem(name: "team")
    system.namespace = Self.namespace
    system.monitoring.kubernetes.namespace = Self.namespace
    system.mesh = oneIn(2) ? .istio : .none
    for name in Self.names where !oneIn(3) {
      var agent = AgentSpec(agentID: try AgentID(name))
      agent.image = "registry.example/\(name):\(1 + below(3)).0"
      agent.dependsOn = system.agents.map(\.agentID).filter { _ in oneIn(3) }
      agent.scaling.minReplicas = 1 + below(3)
      agent.scaling.maxReplicas = 4 + below(3)
      if oneIn(3) { agent.scaling.initialReplicas = 1 + below(4) }
      system.agents.append(agent)
    }
    if system.agents.isEmpty { system.agents.append(try Self.lone()) }
    return system
  }

  private static func lone() throws -> AgentSpec {
    var agent = AgentSpec(agentID: try AgentID("planner"))
    agent.image = "registry.example/planner:1.0"
    return agent
  }

  // MARK: What happens

  /// Something that happens to a cluster.
  mutating func happen(on stage: DeployStage) async throws {
    switch below(8) {
    case 0, 1: try await apply(on: stage)
    case 2: try await applyBadly(on: stage)
    case 3: try await applyAndBeKilled(on: stage)
    case 4: try await makeStranger(on: stage)
    case 5: try await takeField(on: stage)
    case 6: try await edit(on: stage)
    default: try await delete(on: stage)
    }
  }

  private mutating func apply(on stage: DeployStage) async throws {
    let result = try await stage.apply(try system()) { $0.forceAll() }
    story.append("applied: \(result.state)")
  }

  private mutating func applyBadly(on stage: DeployStage) async throws {
    var system = try system()
    let index = below(system.agents.count)
    system.agents[index].image = "registry.example/bad:1.0"
    stage.breakImage("registry.example/bad:1.0")
    let isAtomic = oneIn(2)
    let result = try await stage.apply(system) {
      $0.forceAll()
      $0.isAtomic = isAtomic
    }
    story.append("applied with a bad image\(isAtomic ? ", atomic" : ""): \(result.state)")
  }

  /// From some request on nothing comes through any more.
  private mutating func applyAndBeKilled(on stage: DeployStage) async throws {
    let system = try system()
    let place = below(60)
    stage.stand.fail(StandFault(oneIn(2) ? .cutAfter : .cutBefore, skip: place, times: nil))
    _ = try? await stage.apply(system, attempts: 1) {
      $0.forceAll()
      $0.timeout = .seconds(2)
    }
    stage.stand.mend()
    try await stage.forgetLock(system)
    story.append("killed at request \(place)")
  }

  /// By a manager of its own: of a name that a system may want too, or of one that none does.
  private mutating func makeStranger(on stage: DeployStage) async throws {
    try await makeNamespace(on: stage)
    let object: JSONValue
    let agent = Self.names[below(Self.names.count)]
    switch below(3) {
    case 0: object = Self.object("v1", "ServiceAccount", "multi-agent-service-account", "secrets", [])
    case 1:
      object = Self.object(
        "autoscaling/v2", "HorizontalPodAutoscaler", "agent-\(agent)-hpa", "spec",
        [
          "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": .string("agent-\(agent)")],
          "maxReplicas": 7,
        ])
    default: object = Self.object("v1", "ConfigMap", "of-others-\(below(100))", "data", ["key": "value"])
    }
    let id = LiveObject(object).id
    guard !stage.stand.everything.contains(where: { LiveObject($0).id == id }) else { return }
    _ = try await stage.with { try await $0.apply(object, manager: "others") }
    strangers.insert(id)
    story.append("others made \(id)")
  }

  private static func object(
    _ apiVersion: String, _ kind: String, _ name: String, _ key: String, _ value: JSONValue
  ) -> JSONValue {
    let metadata: JSONValue = [
      "name": .string(name), "namespace": .string(namespace), "annotations": ["theirs": "stays"],
    ]
    return .object([
      .init(key: "apiVersion", value: .string(apiVersion)), .init(key: "kind", value: .string(kind)),
      .init(key: "metadata", value: metadata), .init(key: key, value: value),
    ])
  }

  private func makeNamespace(on stage: DeployStage) async throws {
    let space: JSONValue = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(Self.namespace)]]
    guard stage.stand.object(apiVersion: "v1", kind: "Namespace", name: Self.namespace) == nil else { return }
    _ = try await stage.with { try await $0.apply(space, manager: "others") }
  }

  /// Takes a field of Skep's by force.
  private mutating func takeField(on stage: DeployStage) async throws {
    guard let target = some(of: stage, "autoscaling/v2", "HorizontalPodAutoscaler") else { return }
    let theirs: JSONValue = [
      "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
      "metadata": ["name": .string(target.name), "namespace": .string(Self.namespace)],
      "spec": ["maxReplicas": .number(Double(20 + below(20)))],
    ]
    _ = try await stage.with { try await $0.apply(theirs, manager: "others", force: true) }
    story.append("others took maxReplicas of \(target.id)")
  }

  /// As `kubectl edit` does: the whole object is written again.
  private mutating func edit(on stage: DeployStage) async throws {
    // Nothing comes from the controllers while it is read and written.
    _ = stage.stand.settle()
    guard let target = some(of: stage, "apps/v1", "Deployment") else { return }
    var object = target.json
    let change = below(3)
    switch change {
    case 0:
      let path = ["spec", "template", "spec", "containers", "0", "image"]
      object = object.with(.string("registry.example/edited:1"), at: path)
    case 1: object = object.with(.string("edited"), at: ["metadata", "labels", "app.kubernetes.io/version"])
    default: object = object.with(.number(Double(1 + below(5))), at: ["spec", "replicas"])
    }
    let edited = object
    do {
      _ = try await stage.with { try await $0.replace(edited, manager: "kubectl-edit") }
    } catch let error as ClusterError where error.kind == .conflict {
      return story.append("an edit of \(target.id) came too late")
    }
    story.append("edited \(target.id), way \(change)")
  }

  private mutating func delete(on stage: DeployStage) async throws {
    let kinds = [
      ("v1", "Service"), ("apps/v1", "Deployment"), ("v1", "ConfigMap"), ("policy/v1", "PodDisruptionBudget"),
    ]
    let (version, kind) = kinds[below(kinds.count)]
    guard let target = some(of: stage, version, kind) else { return }
    _ = try await stage.with { try await $0.delete(target.id) }
    _ = stage.stand.settle()
    story.append("somebody deleted \(target.id)")
  }

  /// One of the system's own.
  private func some(of stage: DeployStage, _ apiVersion: String, _ kind: String) -> LiveObject? {
    let all = stage.stand.objects(apiVersion: apiVersion, kind: kind, namespace: Self.namespace).map { LiveObject($0) }
      .filter { $0.labels["app.kubernetes.io/instance"] == "team" && !$0.hasOwner && !strangers.contains($0.id) }
    return all.isEmpty ? nil : all[below(all.count)]
  }
}

extension DeployOptions {
  /// Whatever stands in the way is taken over.
  mutating func forceAll() {
    adopts = true
    takesFields = true
  }
}

extension JSONValue {
  /// With another value at the end of a path of keys and indices, where that is there or is a new member.
  func with(_ value: JSONValue, at path: [String]) -> JSONValue {
    guard let first = path.first else { return value }
    let rest = Array(path.dropFirst())
    switch self {
    case .array(var elements):
      guard let index = Int(first), elements.indices.contains(index) else { return self }
      elements[index] = elements[index].with(value, at: rest)
      return .array(elements)
    case .object(var members):
      if let index = members.firstIndex(where: { $0.key == first }) {
        members[index].value = members[index].value.with(value, at: rest)
      } else if rest.isEmpty {
        members.append(Member(key: first, value: value))
      }
      return .object(members)
    default: return self
    }
  }
}

public import DeployPlan
public import FleetModel

/// The agents' pods of a namespace, as a watch tells of them, and the instances that are to be collected of them.
///
/// 1. A pod counts once it has been ready, or its agent has been started again: while it opens its port for the first time, a
///    collection would find it down.
/// 2. From then on it counts for as long as it is there, whether it answers or not.
/// 3. One that is being deleted counts while its agent still runs: it ends what it has begun.
public struct DiscoveredPods: Sendable {
  /// What selects the pods.
  public static let selector = "app=multi-agent-system"

  private struct Pod: Sendable {
    var object: LiveObject
    /// Whether it has ever been ready.
    var hasStarted: Bool
  }

  private var pods: [String: Pod] = [:]

  public init() {}

  /// Takes in what the watch tells. What was known stays while the API server does not answer.
  public mutating func take(_ event: WatchEvent) {
    switch event {
    case .initial(let objects):
      let known = pods
      pods = [:]
      for object in objects { put(object, before: known[object.name]) }
    case .applied(let object): put(object, before: pods[object.name])
    case .deleted(let object): pods[object.name] = nil
    case .interrupted: break
    }
  }

  private mutating func put(_ object: LiveObject, before: Pod?) {
    let wasStarted = before.map { $0.object.uid == object.uid && $0.hasStarted } ?? false
    pods[object.name] = Pod(object: object, hasStarted: wasStarted || Self.hasStarted(object))
  }

  private static func hasStarted(_ pod: LiveObject) -> Bool {
    let conditions = pod.json["status"]?["conditions"]?.elements ?? []
    if conditions.contains(where: { $0["type"]?.string == "Ready" && $0["status"]?.string == "True" }) { return true }
    return agentStatus(of: pod).map { ($0["restartCount"]?.integer ?? 0) > 0 } ?? false
  }

  /// What the kubelet says of the agent's container.
  private static func agentStatus(of pod: LiveObject) -> JSONValue? {
    let name = "agent-\(pod.labels["agent-id"] ?? "")"
    return (pod.json["status"]?["containerStatuses"]?.elements ?? []).first { $0["name"]?.string == name }
  }

  /// The instances that are to be collected, by agent and address.
  ///
  /// - Parameter system: says where agents serve their metrics, and how often they are collected; one that it does not know is asked
  ///   for `/metrics`.
  public func targets(for system: FleetSystem) -> [CollectionTarget] {
    let specs = Dictionary(system.agents.map { ($0.agentID.name, $0) }, uniquingKeysWith: { first, _ in first })
    return pods.values.compactMap { pod in
      pod.hasStarted ? Self.target(of: pod.object, specs[pod.object.labels["agent-id"] ?? ""]) : nil
    }.sorted { ($0.agentID.name, $0.instance) < ($1.agentID.name, $1.instance) }
  }

  private static func target(of pod: LiveObject, _ spec: AgentSpec?) -> CollectionTarget? {
    guard let name = pod.labels["agent-id"], let agent = try? AgentID(name),
      let address = pod.json["status"]?["podIP"]?.string, !address.isEmpty
    else { return nil }
    if pod.isBeingDeleted, agentStatus(of: pod)?["state"]?["running"] == nil { return nil }
    var path = "/metrics"
    switch spec?.metrics {
    // The system file itself names where they are.
    case .url: return nil
    case .port(_, let given): path = given
    case nil: break
    }
    let containers = pod.json["spec"]?["containers"]?.elements ?? []
    let ports = containers.flatMap { $0["ports"]?.elements ?? [] }
    guard let port = ports.first(where: { $0["name"]?.string == "metrics" })?["containerPort"]?.integer else {
      return nil
    }
    let host = address.contains(":") ? "[\(address)]" : address
    var labels = spec?.labels ?? [:]
    if let revision = pod.labels["skep.dev/revision"] { labels["revision"] = revision }
    return CollectionTarget(
      agentID: agent, instance: "\(host):\(port)",
      metricsEndpoint: "http://\(host):\(port)" + (path.hasPrefix("/") ? path : "/" + path),
      // The kubelet asks for health; between pods the mesh lets metrics alone pass without a certificate.
      healthEndpoint: nil, labels: labels, interval: spec?.collectionInterval, timeout: spec?.collectionTimeout,
      honorLabels: spec?.honorLabels ?? false)
  }
}

import DeployPlan
import FleetModel

/// Which port an instance listens on, and which of an agent's URLs follow it there.
enum InstancePorts {
  /// The first declared ports that one instance alone claims: it gets that port, where it is free. Whoever shares a claim
  /// gets a port that the system picks.
  static func preferred(in system: FleetSystem) -> [AgentID: Int] {
    var claims: [Int: [AgentID]] = [:]
    for spec in system.agents where !spec.command.isEmpty {
      guard let port = spec.ports.first else { continue }
      for _ in 0..<count(of: spec) { claims[port, default: []].append(spec.agentID) }
    }
    var preferred: [AgentID: Int] = [:]
    for (port, agents) in claims where agents.count == 1 { preferred[agents[0]] = port }
    return preferred
  }

  /// How many instances run on this machine: one, unless the file says how many.
  static func count(of spec: AgentSpec) -> Int {
    spec.scaling.initialReplicasGiven ? max(spec.scaling.initialReplicas, 0) : 1
  }

  /// Where the declared port `declared` is found when the instance listens on `assigned`.
  ///
  /// Only the first port is assigned; others are used as declared. The default health port counts as the first one where
  /// the agent declares no such port.
  static func actual(_ declared: Int?, of spec: AgentSpec, assigned: Int) -> Int {
    guard let declared, declared != spec.ports.first else { return assigned }
    let isUndeclaredDefault = declared == AgentSpec.HealthCheck().port && !spec.ports.contains(declared)
    return isUndeclaredDefault ? assigned : declared
  }

  static func url(_ path: String, port: Int) -> String {
    "http://127.0.0.1:\(port)" + (path.hasPrefix("/") ? path : "/" + path)
  }

  /// The metrics of an instance. An absolute URL stays, unless it names the first declared port of this machine.
  static func metricsURL(of spec: AgentSpec, assigned: Int) -> String {
    switch spec.metrics {
    case .port(let port, let path): return url(path, port: actual(port, of: spec, assigned: assigned))
    case .url(let text):
      guard let first = spec.ports.first else { return text }
      for host in ["localhost", "127.0.0.1"] {
        let start = "http://\(host):\(first)"
        guard text.hasPrefix(start), case let rest = text.dropFirst(start.count), rest.isEmpty || rest.hasPrefix("/")
        else { continue }
        return "http://\(host):\(assigned)\(rest)"
      }
      return text
    }
  }

  static func healthURL(of spec: AgentSpec, assigned: Int) -> String {
    url(spec.healthCheck.path, port: actual(spec.healthCheck.port, of: spec, assigned: assigned))
  }

  static func readinessURL(of spec: AgentSpec, assigned: Int) -> String {
    url(spec.healthCheck.readinessPath, port: actual(spec.healthCheck.port, of: spec, assigned: assigned))
  }

  static func target(of spec: AgentSpec, port: Int, pid: Int32?) -> CollectionTarget {
    CollectionTarget(
      agentID: spec.agentID, instance: "127.0.0.1:\(port)", metricsEndpoint: metricsURL(of: spec, assigned: port),
      healthEndpoint: healthURL(of: spec, assigned: port), pid: pid, labels: spec.labels,
      interval: spec.collectionInterval, timeout: spec.collectionTimeout)
  }
}

import FleetModel

/// The labels that collection gives to all series of the fleet. Rules, dashboards and scrape configuration take them from
/// here, so that none can name another.
enum FleetLabels {
  /// The value of `job`, of the pods' label `app`, and of the names of what is rendered for monitoring.
  static let job = "multi-agent-system"

  /// The name of the Service's and the container's port that serves metrics.
  static let metricsPort = "metrics"

  /// The pods' label by which agents are told apart, as Prometheus names it (`agent-id` in Kubernetes).
  static let agent = "agent_id"

  /// The pods' label that carries the revision.
  static let revision = "skep.dev/revision"

  /// Those of every target, beside the agent's free labels.
  static let target: Set<String> = ["job", agent, "instance", "namespace", "pod", "revision"]

  /// How a label of Kubernetes is called in series, and in the meta labels of discovery: what no label name may hold
  /// becomes `_`.
  static func seriesName(of label: String) -> String {
    String(
      label.unicodeScalars.map { scalar in
        let isKept = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        return isKept ? Character(scalar) : "_"
      })
  }

  /// Conditions that the series of one system's agents fit, in a Prometheus that sees other series too.
  static func scope(_ system: FleetSystem) -> [LabelMatcher] {
    [LabelMatcher("job", .equal, job), LabelMatcher("namespace", .equal, system.namespace)]
  }
}

extension FleetSystem {
  /// Between two collections of the agent.
  func collectionInterval(of agent: AgentSpec) -> Duration {
    agent.collectionInterval ?? monitoring.collectionInterval
  }

  /// When a collection of the agent is given up; never above its interval.
  func collectionTimeout(of agent: AgentSpec) -> Duration {
    min(agent.collectionTimeout ?? monitoring.collectionTimeout, collectionInterval(of: agent))
  }
}

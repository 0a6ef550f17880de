import Alerting
import FleetModel
import Ingest

/// What the routes of the Prometheus API that tell of Skep itself ask of the rest; the composition answers from the running
/// parts.
///
/// All of it comes from memory and soon: requests wait for it.
protocol StatusOperations: Sendable {
  /// The wall clock.
  func now() -> Timestamp

  /// Every instance that is watched, sorted by agent and instance.
  func targets() -> [WatchedTarget]
  var metadata: MetadataStore { get }

  /// The groups of expression rules, then the rules on arrival as one group.
  func ruleGroups() -> [RuleGroupStatus]

  /// The base URLs of the Alertmanagers that get alerts.
  func alertmanagers() -> [String]

  func configuration() -> LoadedConfiguration
  func runtime() -> RuntimeFacts
  /// What Skep was started with, under Prometheus' names where it has them.
  func flags() -> [String: String]
}

/// An instance and how it is collected from.
struct WatchedTarget: Sendable, Hashable {
  /// The name under which the Prometheus API shows all of Skep's targets: the job of generated Prometheus configurations.
  static let pool = "multi-agent-system"

  var instance: InstanceSnapshot
  var interval: Duration
  var timeout: Duration

  /// What every series of the instance bears.
  var labels: LabelSet {
    var labels = instance.target.labels
    labels["agent_id"] = instance.target.agentID.name
    labels["instance"] = instance.target.instance
    return LabelSet(labels)
  }
}

/// The system file as it is in force.
struct LoadedConfiguration: Sendable, Hashable {
  /// YAML without secrets.
  var yaml: String
  var loadedAt: Timestamp
  /// When the file changed to something with mistakes; `nil` while what is in force is what it says.
  var refusedAt: Timestamp?
}

/// What a process knows of itself.
struct RuntimeFacts: Sendable, Hashable {
  var startedAt: Timestamp
  var workingDirectory: String
  var hostName: String
  /// Processors that it may use.
  var processors: Int
  var threads: Int
  var retention: Duration
  /// In bytes; `nil` without a bound.
  var retentionSize: UInt64?
  var keepsExemplars: Bool
  /// Skep's own version.
  var version: String
}

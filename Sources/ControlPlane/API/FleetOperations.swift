import Alerting
import FleetModel
import Ingest
import LocalRuntime

/// What the HTTP API asks of the rest of Skep; the composition answers from the running parts, tests from a fake.
///
/// Every operation answers from memory and returns soon: requests wait for it.
protocol FleetOperations: Sendable {
  /// The wall clock that "seconds ago" counts from.
  func now() -> Timestamp

  /// All agents, sorted by id.
  func agents() async -> [AgentReport]
  func agent(_ id: AgentID) async -> AgentReport?
  func register(_ target: CollectionTarget) async throws(RegistrationError) -> RegistrationOutcome
  /// - Returns: whether there was such an agent.
  func deregister(_ id: AgentID) async -> Bool
  /// - Parameter instance: all of the agent's where `nil`.
  func heartbeat(_ id: AgentID, instance: String?) async throws(RegistrationError)

  func overview() async -> OverviewInputs

  /// Newest first.
  func alerts(_ filter: AlertFilter) async -> [Alert]
  /// What keeps notifications of these alerts back, by the alert's id; those that nothing keeps back have no entry.
  func suppressions(of alerts: [Alert]) async -> [String: AlertSuppression]
  func rules() async -> [AlertRule]
  func addRule(_ rule: AlertRule) async throws(RuleError)
  /// - Returns: whether there was one of that name.
  func removeRule(named name: String) async -> Bool

  /// The last `limit` that fit, oldest first.
  func recentSamples(agentID: String?, metricName: String?, limit: Int) async -> [RecentSample]

  /// What the local runtime supervises; empty where there is none.
  func localInstances() async -> [LocalInstance]

  /// Changes from now on, until the reader stops. Each call gives a stream of its own with a bounded buffer, whose oldest
  /// entries go when the reader is too slow.
  func events() async -> AsyncStream<FleetEvent>

  /// What keeps Skep from serving, in words; empty when it is ready.
  func obstacles() async -> [String]

  /// What does not work at present though Skep serves, in words.
  func troubles() async -> [String]
}

/// What the API shows of one agent.
struct AgentReport: Sendable, Hashable {
  var snapshot: AgentSnapshot
  /// 0 to 100.
  var healthScore: Double?
  var scoreParts: [FleetAPI.ScorePart] = []
  /// Percent, as `system_cpu_usage` and `system_memory_usage` last said.
  var cpuUsage: Double?
  var memoryUsage: Double?
}

/// What keeps notifications of an alert back.
struct AlertSuppression: Sendable, Hashable {
  /// Ids of silences.
  var silencedBy: [String] = []
  /// Fingerprints of alerts.
  var inhibitedBy: [String] = []
}

/// What the overview is made of, all as of one moment.
struct OverviewInputs: Sendable {
  var now: Timestamp
  var agents: [AgentReport]
  /// Active and resolved ones.
  var alerts: [Alert]
  var totals: CollectionTotals
  var collectionInterval: Duration
  /// Why the store takes no samples; `nil` if it does.
  var storeFailure: String?
}

/// Something that happened in the fleet.
enum FleetEvent: Sendable, Hashable {
  case instance(InstanceEvent)
  case alert(AlertNotification)
  case spansLost(LostSpans.Loss)
}

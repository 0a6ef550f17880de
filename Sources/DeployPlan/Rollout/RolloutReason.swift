/// Why an agent is not ready, once for all its pods that say the same.
public struct RolloutReason: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The Deployment itself gave up (`progressDeadlineSeconds`).
    case deadline = "deadline_exceeded"
    case quota
    case podSecurity = "pod_security"
    case serviceAccount = "service_account"
    /// Pods are refused for another cause: a webhook, a limit range.
    case podsRefused = "pods_refused"
    case imagePull = "image_pull"
    case crashLoop = "crash_loop"
    /// A Secret, ConfigMap or key that the container names is not there.
    case configuration
    /// The container cannot be made or started.
    case cannotStart = "cannot_start"
    case unschedulable
    /// The pod was evicted, or its node is lost.
    case podFailed = "pod_failed"
    /// The container runs and its probe does not pass.
    case notReady = "not_ready"
    /// The container is being made.
    case starting
    /// Pods of the revision before have yet to end.
    case oldPods = "old_pods"
    /// Nobody has looked at the change yet.
    case notObserved = "not_observed"
    case paused
  }

  public var kind: Kind
  /// In the words of who knows: the scheduler, the kubelet, the quota; without names of single pods.
  public var message: String
  /// The first of those that say so: `Pod agent-planner-5879fd599d-kwt9j`.
  public var object: String
  /// How many say so.
  public var count: Int
  /// The container that it is about; empty where it is about none.
  public var container: String
  /// The most of any of those pods.
  public var restarts: Int
  /// The last lines that the container wrote before it ended.
  public var log: [String]

  public init(
    _ kind: Kind, _ message: String, object: String, count: Int = 1, container: String = "", restarts: Int = 0,
    log: [String] = []
  ) {
    self.kind = kind
    self.message = message
    self.object = object
    self.count = count
    self.container = container
    self.restarts = restarts
    self.log = log
  }

  /// One line without the log: `2 pods: container web crashed 3 times: exit code 1`.
  public var summary: String {
    let pods = count == 1 ? object : "\(count) pods"
    let container = container.isEmpty ? "" : "container \(container) "
    return switch kind {
    case .deadline: "gave up: \(message)"
    case .quota, .podSecurity, .serviceAccount, .podsRefused: "pods are refused: \(message)"
    case .imagePull: "\(pods): \(container)waits for its image: \(message)"
    case .crashLoop: "\(pods): \(container)crashed \(Self.times(restarts)): \(message)"
    case .configuration, .cannotStart: "\(pods): \(container)cannot start: \(message)"
    case .unschedulable: "\(pods) cannot be scheduled: \(message)"
    case .podFailed: "\(pods) failed: \(message)"
    case .notReady: "\(pods): \(container)\(message)"
    // Of the workload itself, before there are pods to speak of.
    case .starting where !object.hasPrefix("Pod "): message
    case .starting: "\(pods): \(container)starts: \(message)"
    case .oldPods, .notObserved, .paused: message
    }
  }

  private static func times(_ restarts: Int) -> String { restarts == 1 ? "once" : "\(restarts) times" }
}

extension RolloutReason: CustomStringConvertible {
  /// The summary, and a line for each of the log's.
  public var description: String { ([summary] + log.map { "  | \($0)" }).joined(separator: "\n") }
}

/// How far an agent's rollout has come, as its objects tell it.
public struct AgentRollout: Sendable, Hashable {
  public enum Phase: String, Sendable, Hashable, CaseIterable {
    /// The change has not been looked at yet; whatever the status says is of the revision before.
    case waiting
    case progressing
    /// All pods are of the new revision and available, and none of another are left.
    case ready
    /// It will not become ready by waiting.
    case failed
  }

  /// How patient to be with what may mend itself.
  public struct Patience: Sendable, Hashable {
    /// Restarts of one container after which its agent has failed. The fifth comes about five minutes after the first.
    public var restarts = 5

    public init() {}
  }

  public var phase: Phase
  /// How many pods there are to be.
  public var desired: Int
  /// How many are of the new revision.
  public var updated: Int
  /// How many of the new revision are available.
  public var ready: Int
  /// All that are there, of any revision.
  public var total: Int
  /// Why it is not ready, what matters most first; none when it is.
  public var reasons: [RolloutReason]

  public init(
    phase: Phase, desired: Int = 0, updated: Int = 0, ready: Int = 0, total: Int = 0, reasons: [RolloutReason] = []
  ) {
    self.phase = phase
    self.desired = desired
    self.updated = updated
    self.ready = ready
    self.total = total
    self.reasons = reasons
  }

  /// The containers whose last log lines would tell why they end: `(pod, container)`, one for each reason.
  public var wantedLogs: [ContainerOfPod] {
    reasons.filter { $0.kind == .crashLoop }.map {
      ContainerOfPod(pod: String($0.object.dropFirst("Pod ".count)), container: $0.container)
    }
  }

  public struct ContainerOfPod: Sendable, Hashable {
    public var pod: String
    public var container: String

    public init(pod: String, container: String) {
      self.pod = pod
      self.container = container
    }
  }
}

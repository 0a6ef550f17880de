/// How an agent was left by a deployment, or stands now.
public enum AgentCondition: String, Sendable, Hashable, CaseIterable {
  /// Nothing of it was applied.
  case notStarted = "not_started"
  /// Some of its objects were applied.
  case applying
  /// All its objects were applied, and it was not seen ready.
  case progressing
  /// Seen ready.
  case ready
  case failed
  /// It left the system file and was taken away.
  case removed

  /// What a machine's step means once the machine has ended.
  public init(_ step: DeployMachine.AgentStep, anyApplied: Bool) {
    self =
      switch step {
      case .pending: anyApplied ? .applying : .notStarted
      case .applying: .applying
      case .rolling, .routing: .progressing
      case .abandoned: anyApplied ? .progressing : .notStarted
      case .ready: .ready
      case .failed: .failed
      }
  }
}

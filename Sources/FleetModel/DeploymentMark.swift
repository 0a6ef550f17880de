/// One deployment of a system, as it is shown beside what it did: in reports, traces and trends.
public struct DeploymentMark: Sendable, Hashable {
  /// Which version of an agent it brought.
  public struct Agent: Sendable, Hashable {
    /// Image, model, prompt and tools in one word.
    public var revision: String
    public var image: String
    /// How the agent was left.
    public var state: String

    public init(revision: String, image: String, state: String) {
      self.revision = revision
      self.image = image
      self.state = state
    }
  }

  /// `deploy-YYYYMMDD-HHMMSS`.
  public var id: String
  public var system: String
  /// `applying`, `deployed`, `failed`, `rolled_back`, `interrupted`, `superseded`, or a word of a newer Skep.
  public var state: String
  /// Who applied.
  public var by: String
  public var startedAt: Timestamp
  public var endedAt: Timestamp?
  /// The deployment that was taken again.
  public var rollbackOf: String?
  public var agents: [String: Agent]

  public init(
    id: String, system: String, state: String, by: String, startedAt: Timestamp, endedAt: Timestamp? = nil,
    rollbackOf: String? = nil, agents: [String: Agent] = [:]
  ) {
    self.id = id
    self.system = system
    self.state = state
    self.by = by
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.rollbackOf = rollbackOf
    self.agents = agents
  }

  /// Whether what it brought stayed.
  public var wasKept: Bool { state != "rolled_back" }
}

extension [DeploymentMark] {
  /// The one that was in force: the last that had begun by then and was not taken back. O(count).
  public func inForce(at time: Timestamp) -> DeploymentMark? {
    filter { $0.wasKept && $0.startedAt <= time }.max { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }
  }
}

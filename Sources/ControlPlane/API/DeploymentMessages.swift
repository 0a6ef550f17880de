import FleetModel

extension FleetAPI {
  /// `GET /fleet/v1/deployments`.
  public struct DeploymentList: Codable, Sendable, Hashable {
    /// The latest first.
    public var deployments: [Deployment]
  }

  /// What one deployment brought, and when.
  public struct Deployment: Codable, Sendable, Hashable {
    public struct Agent: Codable, Sendable, Hashable {
      /// Image, model, prompt and tools in one word.
      public var revision: String
      public var image: String
      /// How the agent was left, such as `ready`.
      public var status: String
    }

    public var deploymentID: String
    public var system: String
    /// `applying`, `deployed`, `failed`, `rolled_back`, `interrupted`, `superseded`, or a word of a newer Skep.
    public var state: String
    public var by: String
    public var startedAt: Time
    @ExplicitNull public var endedAt: Time?
    /// The deployment that was taken again.
    @ExplicitNull public var rollbackOf: String?
    public var agents: [String: Agent]

    enum CodingKeys: String, CodingKey {
      case deploymentID = "deployment_id"
      case startedAt = "started_at"
      case endedAt = "ended_at"
      case rollbackOf = "rollback_of"
      case system, state, by, agents
    }
  }
}

extension FleetAPI.Deployment {
  init(_ mark: DeploymentMark) {
    self.init(
      deploymentID: mark.id, system: mark.system, state: mark.state, by: mark.by,
      startedAt: FleetAPI.Time(mark.startedAt), endedAt: mark.endedAt.map(FleetAPI.Time.init),
      rollbackOf: mark.rollbackOf,
      agents: mark.agents.mapValues { Agent(revision: $0.revision, image: $0.image, status: $0.state) })
  }
}

extension APISchemas {
  static let deployments: [Named] = [
    Named(name: "DeploymentList", schema: object([key("deployments", list(of: "Deployment"))])),
    Named(
      name: "Deployment",
      schema: object([
        key("deployment_id", text), key("system", text), key("state", text), key("by", text),
        key("started_at", time), key("ended_at", timeOrNull), key("rollback_of", textOrNull),
        key("agents", ["type": "object", "additionalProperties": reference("DeployedAgent")]),
      ])),
    Named(name: "DeployedAgent", schema: object([key("revision", text), key("image", text), key("status", text)])),
  ]
}

extension DeploymentMark {
  init(_ deployment: FleetAPI.Deployment) {
    self.init(
      id: deployment.deploymentID, system: deployment.system, state: deployment.state, by: deployment.by,
      startedAt: deployment.startedAt.timestamp, endedAt: deployment.endedAt?.timestamp,
      rollbackOf: deployment.rollbackOf,
      agents: deployment.agents.mapValues { Agent(revision: $0.revision, image: $0.image, state: $0.status) })
  }
}

extension FleetAPI.TraceAnalysis {
  /// The deployment that was in force when the trace began.
  public struct DeploymentInForce: Codable, Sendable, Hashable {
    public var deploymentID: String
    public var startedAt: FleetAPI.Time
    /// Of the agents that took part, where known.
    public var revisions: [String: String]

    enum CodingKeys: String, CodingKey {
      case deploymentID = "deployment_id"
      case startedAt = "started_at"
      case revisions
    }
  }
}

extension FleetAPI.TraceAnalysis.DeploymentInForce {
  /// - Parameter agents: those whose revisions are told.
  init(_ mark: DeploymentMark, agents: Set<String>) {
    self.init(
      deploymentID: mark.id, startedAt: FleetAPI.Time(mark.startedAt),
      revisions: mark.agents.filter { agents.contains($0.key) }.mapValues(\.revision))
  }
}

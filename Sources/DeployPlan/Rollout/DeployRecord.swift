public import FleetModel

/// What one deployment did, as it is kept in the cluster: small, without the manifests' bytes, which stand beside it.
public struct DeployRecord: Sendable, Hashable {
  public enum State: Sendable, Hashable {
    case applying
    /// All agents were seen ready.
    case deployed
    case failed
    /// It failed, and everything was taken back.
    case rolledBack
    /// It was stopped, or whoever made it is gone.
    case interrupted
    /// A later one was deployed.
    case superseded
    /// Of a newer Skep.
    case other(String)

    public init(_ text: String) { self = Self.known.first { $0.text == text } ?? .other(text) }

    private static let known: [State] = [.applying, .deployed, .failed, .rolledBack, .interrupted, .superseded]

    public var text: String {
      switch self {
      case .applying: "applying"
      case .deployed: "deployed"
      case .failed: "failed"
      case .rolledBack: "rolled_back"
      case .interrupted: "interrupted"
      case .superseded: "superseded"
      case .other(let text): text
      }
    }
  }

  public struct Agent: Sendable, Hashable {
    /// Which version of the agent: its image, model, prompt and tools.
    public var revision: String
    public var image: String
    /// What was to be applied of it.
    public var manifests: [Manifest.ID]
    public var state: AgentCondition
    /// Ready pods when the deployment ended.
    public var replicas: Int

    public init(
      revision: String = "", image: String = "", manifests: [Manifest.ID] = [], state: AgentCondition = .notStarted,
      replicas: Int = 0
    ) {
      self.revision = revision
      self.image = image
      self.manifests = manifests
      self.state = state
      self.replicas = replicas
    }
  }

  public var id: DeploymentID
  public var system: String
  public var namespace: String
  public var state: State
  /// As the API server knows who applied.
  public var by: String
  /// The system file as it was named; empty for a system made in code.
  public var file: String
  /// SHA-256 of its bytes, hexadecimal.
  public var fileHash: String
  public var startedAt: Timestamp
  public var endedAt: Timestamp?
  /// The overlay that was laid onto the file.
  public var environment: String?
  /// The deployment that was taken again.
  public var rollbackOf: DeploymentID?
  public var agents: [String: Agent]
  /// Skep's own part, where the system has one.
  public var controlPlane: Agent?
  /// What others had made and this or an earlier deployment took over: never deleted.
  public var adopted: [Manifest.ID]
  /// Whether Skep made the namespace, in this or an earlier deployment.
  public var createdNamespace: Bool
  public var errors: [String]
  /// The version that wrote it.
  public var skepVersion: String
  /// Keys of newer versions, kept when the record is written again.
  public var unknown: [JSONValue.Member] = []

  public init(
    id: DeploymentID, system: String, namespace: String, state: State = .applying, by: String = "", file: String = "",
    fileHash: String = "", startedAt: Timestamp, agents: [String: Agent] = [:], skepVersion: String = ""
  ) {
    self.id = id
    self.system = system
    self.namespace = namespace
    self.state = state
    self.by = by
    self.file = file
    self.fileHash = fileHash
    self.startedAt = startedAt
    self.agents = agents
    adopted = []
    createdNamespace = false
    errors = []
    self.skepVersion = skepVersion
  }

  public var hasEnded: Bool { state != .applying }
}

extension DeployRecord {
  /// What was applied of each agent.
  ///
  /// - Parameter manifests: as rendered.
  public static func agents(of manifests: [Manifest]) -> [String: Agent] {
    var agents: [String: Agent] = [:]
    for manifest in manifests {
      guard manifest.labels["component"] == "agent", let name = manifest.labels["agent-id"] else { continue }
      agents[name, default: Agent()].manifests.append(manifest.id)
      guard manifest.kind == "Deployment" else { continue }
      let template = manifest.tree["spec"]?["template"]
      agents[name]?.revision = template?["metadata"]?["labels"]?[FleetLabels.revision]?.text ?? ""
      agents[name]?.image = template?["spec"]?["containers"]?.items.first?["image"]?.text ?? ""
    }
    return agents
  }
  /// What was applied of Skep itself; `nil` for nothing.
  public static func controlPlane(of manifests: [Manifest]) -> Agent? {
    let own = manifests.filter { DeployOrder.isOfControlPlane($0.labels) }
    guard !own.isEmpty else { return nil }
    let containers = own.first { $0.kind == "StatefulSet" }?.tree["spec"]?["template"]?["spec"]?["containers"]
    return Agent(image: containers?.items.first?["image"]?.text ?? "", manifests: own.map(\.id))
  }
}

public import DeployPlan
import FleetModel

/// What is to be deployed.
public struct DeployRequest: Sendable {
  public var system: String
  /// The system's own; monitoring may be in another.
  public var namespace: String
  /// As rendered.
  public var manifests: [Manifest]
  /// The same as one YAML stream, which is what the record keeps.
  public var yaml: String
  /// Which agents must be ready before an agent is started.
  public var dependsOn: [String: [String]]
  /// The system file as it was named; empty for a system made in code.
  public var file: String
  /// SHA-256 of its bytes, hexadecimal.
  public var fileHash: String
  /// The overlay that was laid onto it.
  public var environment: String?
  /// The deployment that is taken again.
  public var rollbackOf: DeploymentID?

  public init(
    system: String, namespace: String, manifests: [Manifest], dependsOn: [String: [String]] = [:], file: String = "",
    fileHash: String = "", environment: String? = nil
  ) {
    self.system = system
    self.namespace = namespace
    self.manifests = manifests
    yaml = ManifestText.yaml(manifests)
    self.dependsOn = dependsOn
    self.file = file
    self.fileHash = fileHash
    self.environment = environment
  }
}

/// How a deployment is made.
public struct DeployOptions: Sendable {
  /// For the whole, from the first write to the last rollout.
  public var timeout: Duration = .seconds(600)
  /// For one agent's rollout; `nil` leaves it to the whole.
  public var agentTimeout: Duration?
  /// Whether a failure takes everything back.
  public var isAtomic = false
  /// Whether objects that others made are taken over.
  public var adopts = false
  /// Whether fields that others own are taken from them.
  public var takesFields = false
  /// How long to wait for another run to end; `nil` refuses at once.
  public var lockPatience: Duration?
  /// How many ended records are kept.
  public var recordsKept = 10
  /// Of Skep, for the record.
  public var version = ""

  public init() {}
}

/// What a deployment tells while it goes on, in this order but for agents, whose rollouts go on side by side.
public enum DeployProgress: Sendable {
  /// Something that people should know.
  case note(String)
  case planned(DeploymentPlan)
  /// From here on there are writes.
  case began(DeploymentID)
  case applied(Manifest.ID, DeploymentResult.ObjectState)
  case agent(String, DeployMachine.AgentStep)
  case removed(Manifest.ID)
  case takingBack
}

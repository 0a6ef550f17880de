public import FleetModel

/// What makes one version of an agent: image, model, prompt and tools. Series and traces carry its name, so that a change is
/// seen beside its effect.
struct AgentRevision: Sendable {
  let agent: AgentSpec
  /// Whether it is started by its command, which stands for the image then.
  var isStartedHere = false

  /// Ten hexadecimal digits, the same for the same parts.
  var name: String {
    // Each part with its length: no two lists of parts give one text.
    let text = parts.map { "\($0.key)=\($0.value.utf8.count):\($0.value)" }.joined(separator: "\n")
    return String(SHA256Digest(of: text.utf8).hexadecimal.prefix(10))
  }

  /// The parts for people, as annotations.
  var annotations: [String: String] { Dictionary(parts.map { ("skep.dev/\($0.key)", $0.value) }) { $1 } }

  private var parts: [(key: String, value: String)] {
    let revision = agent.revision
    let tools = revision.tools.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
    // Each word with its length: no two commands give one text.
    let command = agent.command.map { "\($0.utf8.count):\($0)" }.joined(separator: " ")
    let all = [
      ("command", isStartedHere ? command : nil), ("image", agent.fullImage), ("model", revision.model),
      ("prompt", revision.prompt),
      ("tools", revision.tools.isEmpty ? nil : tools),
    ]
    return all.compactMap { key, value in value.map { (key, $0) } }
  }
}

extension AgentSpec {
  /// This version of the agent where its command is started: of command, image, model, prompt and tools.
  ///
  /// - Parameter state: how the agent was left.
  public func startedHere(_ state: AgentCondition) -> DeploymentMark.Agent {
    DeploymentMark.Agent(
      revision: AgentRevision(agent: self, isStartedHere: true).name, image: fullImage ?? "", state: state.rawValue)
  }
}

import FleetModel

/// What makes one version of an agent: image, model, prompt and tools. Series and traces carry its name, so that a change is
/// seen beside its effect.
struct AgentRevision: Sendable {
  let agent: AgentSpec

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
    let all = [
      ("image", agent.fullImage), ("model", revision.model), ("prompt", revision.prompt),
      ("tools", revision.tools.isEmpty ? nil : tools),
    ]
    return all.compactMap { key, value in value.map { (key, $0) } }
  }
}

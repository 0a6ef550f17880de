import FleetModel

/// The environment of an agent's container: `AGENT_ID` and `NAMESPACE`, where the control plane takes spans, then the agent's own variables in the order of the
/// file, then `PORT`, which agents listen on as they do on one machine, and `DRAIN_TIMEOUT`.
enum EnvironmentBuilder {
  static func variables(of agent: AgentSpec, in system: FleetSystem) -> [Kubernetes.EnvironmentVariable] {
    let first: [Kubernetes.EnvironmentVariable] = [
      .init(name: "AGENT_ID", value: .text(agent.agentID.name)),
      // By reference: what moves the objects to another namespace moves this too.
      .init(name: "NAMESPACE", value: .field("metadata.namespace")),
    ]
    let own = agent.environment.map { variable -> Kubernetes.EnvironmentVariable in
      switch variable.value {
      case .text(let text): .init(name: variable.name, value: .text(literal(text)))
      case .secret(let name, let key): .init(name: variable.name, value: .secret(name: name, key: key))
      case .configMap(let name, let key): .init(name: variable.name, value: .configMap(name: name, key: key))
      }
    }
    let port = agent.ports.first.map { Kubernetes.EnvironmentVariable(name: "PORT", value: .text("\($0)")) }
    let drain = Kubernetes.EnvironmentVariable(name: "DRAIN_TIMEOUT", value: .text("\(agent.drainSeconds)"))
    return first + ControlPlaneObjects.environment(of: agent, in: system) + own + (port.map { [$0] } ?? []) + [drain]
  }

  /// The text that Kubernetes turns into `text`: it takes `$(NAME)` for a variable, and `$$` for `$`
  /// (<https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/>).
  static func literal(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    var literal = ""
    var scalars = text.unicodeScalars[...]
    while let scalar = scalars.popFirst() {
      literal.unicodeScalars.append(scalar)
      if scalar == "$", scalars.first == "$" || scalars.first == "(" { literal.unicodeScalars.append("$") }
    }
    return literal
  }
}

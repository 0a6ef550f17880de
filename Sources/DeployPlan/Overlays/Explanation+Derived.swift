import FleetModel

/// Defaults that other values make.
extension Explanation {
  /// What stands in for a value that the file does not give, and why; `nil` where that is the key's own default.
  func derived(_ path: String) -> (text: String, because: String)? {
    guard let system, let written = try? DocumentPath(path) else { return nil }
    var steps = written.steps[...]
    guard case .key(let head)? = steps.popFirst() else { return nil }
    let rest = steps.map { step in
      switch step {
      case .key(let key), .name(let key): key
      case .index(let index): "\(index)"
      }
    }
    if head == "monitoring", rest == ["collection_timeout"] {
      let timeout = system.monitoring.collectionTimeout
      return timeout == FleetSystem.Monitoring().collectionTimeout
        ? nil : (PrometheusDuration.format(timeout), "no longer than monitoring.collection_interval")
    }
    guard head == "agents", let index = rest.first.flatMap({ Int($0) }), system.agents.indices.contains(index) else {
      return nil
    }
    return derived(Array(rest.dropFirst()), of: system.agents[index], in: system)
  }

  private func derived(
    _ keys: [String], of agent: AgentSpec, in system: FleetSystem
  ) -> (text: String, because: String)? {
    switch keys {
    case ["collection_interval"]:
      return (PrometheusDuration.format(system.monitoring.collectionInterval), "that of monitoring.collection_interval")
    case ["collection_timeout"]:
      guard let own = agent.collectionTimeout else {
        return (PrometheusDuration.format(system.monitoring.collectionTimeout), "that of monitoring.collection_timeout")
      }
      return (PrometheusDuration.format(own), "no longer than the agent's collection_interval")
    case ["metrics", "port"]:
      guard case .port = agent.metrics, let port = agent.ports.first else { return nil }
      return ("\(port)", "the first of ports")
    case ["scaling", "initial_replicas"]:
      let replicas = agent.scaling.initialReplicas
      return replicas == AgentSpec.Scaling().initialReplicas
        ? nil : ("\(replicas)", "within min_replicas and max_replicas")
    case ["tag"]:
      guard let reference = agent.image.flatMap(ImageReference.init) else { return nil }
      if reference.digest != nil { return ("none", "the image has a digest") }
      return reference.tag.map { ($0, "the image says it") }
    default:
      guard keys.count == 3, keys[0] == "routing_rules", keys[2] == "weight", let index = Int(keys[1]),
        agent.routingRules.indices.contains(index)
      else { return nil }
      return ("\(agent.routingRules[index].weight)", "what the others of its match leave")
    }
  }
}

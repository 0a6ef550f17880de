import FleetModel

/// The PodDisruptionBudget of an agent: one pod at a time.
enum DisruptionBudgetBuilder {
  /// `nil` for an agent that never has more than one pod: a budget would keep its node from being drained, or say nothing.
  static func budget(of objects: AgentObjects) -> Kubernetes.PodDisruptionBudget? {
    guard objects.agent.scaling.maxReplicas > 1 else { return nil }
    var budget = Kubernetes.PodDisruptionBudget(
      metadata: objects.metadata(objects.disruptionBudget), maxUnavailable: .count(1),
      selector: .init(matchLabels: objects.selector))
    // Pods that crash at each start must not keep a node from being drained.
    budget.unhealthyPodEvictionPolicy = "AlwaysAllow"
    return budget
  }
}

import FleetModel

/// What the objects of one agent have in common: names, labels, ports.
///
/// An agent's id has at most 40 characters, so that no name here passes the 63 of a DNS label; the longest additions are
/// `agent-` and `-service`, and the hashes of pods.
struct AgentObjects: Sendable {
  let agent: AgentSpec
  let system: FleetSystem

  init(_ agent: AgentSpec, of system: FleetSystem) {
    self.agent = agent
    self.system = system
  }

  var deployment: String { "agent-\(agent.agentID)" }
  var container: String { "agent-\(agent.agentID)" }
  var service: String { "agent-\(agent.agentID)-service" }
  var autoscaler: String { "agent-\(agent.agentID)-hpa" }
  var disruptionBudget: String { "agent-\(agent.agentID)-pdb" }
  var networkPolicy: String { "agent-\(agent.agentID)-np" }
  var virtualService: String { "agent-\(agent.agentID)-vs" }
  var destinationRule: String { "agent-\(agent.agentID)-dr" }
  /// Of its PeerAuthentication and AuthorizationPolicy.
  var metricsPolicy: String { "agent-\(agent.agentID)-metrics" }

  /// What selects the agent's pods. Deployments cannot change theirs, so nothing may join these two.
  var selector: [String: String] { ["app": FleetLabels.job, "agent-id": agent.agentID.name] }

  /// The labels of every object: the agent's own beside Skep's.
  var labels: [String: String] {
    agent.labels.merging(selector) { $1 }.merging(FleetObjects.labels(of: system, component: "agent")) { $1 }
      .merging(["component": "agent", "app.kubernetes.io/name": agent.agentID.name]) { $1 }
  }

  func metadata(_ name: String, annotations: [String: String] = [:]) -> Kubernetes.ObjectMeta {
    Kubernetes.ObjectMeta(name: name, namespace: system.namespace, labels: labels, annotations: annotations)
  }

  /// The name of one of its ports.
  func portName(_ port: Int) -> String { port == agent.metricsPort ? FleetLabels.metricsPort : "port-\(port)" }
}

extension AgentSpec {
  /// The port of its pods that serves metrics; `nil` where an absolute URL says where they are.
  var metricsPort: Int? {
    guard case .port(let port, _) = metrics else { return nil }
    return port ?? ports.first
  }

  /// The image with its tag, or with its digest alone.
  var fullImage: String? {
    guard let image, let reference = ImageReference(image) else { return nil }
    return reference.tag == nil && reference.digest == nil ? "\(image):\(tag)" : image
  }
}

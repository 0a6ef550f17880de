import FleetModel

/// The HorizontalPodAutoscaler of an agent: quick to add pods, slow to take them away.
///
/// What it measures is the pod as a whole, in the one way that clusters of every version know. With a mesh the proxy's use
/// and request count too.
enum AutoscalerBuilder {
  static func autoscaler(of objects: AgentObjects) -> Kubernetes.HorizontalPodAutoscaler {
    let scaling = objects.agent.scaling
    var autoscaler = Kubernetes.HorizontalPodAutoscaler(
      metadata: objects.metadata(objects.autoscaler), deployment: objects.deployment,
      minReplicas: scaling.minReplicas, maxReplicas: scaling.maxReplicas,
      metrics: [
        .init(resource: "cpu", averageUtilization: scaling.targetCPU),
        .init(resource: "memory", averageUtilization: scaling.targetMemory),
      ])
    autoscaler.scaleUp = .init(
      stabilizationWindowSeconds: 0, policies: [.percent(100, periodSeconds: 60), .pods(4, periodSeconds: 60)])
    // A pod that goes takes its conversations with it: only after five minutes of calm, and a tenth at a time.
    autoscaler.scaleDown = .init(
      stabilizationWindowSeconds: 300, policies: [.percent(10, periodSeconds: 60), .pods(1, periodSeconds: 60)])
    return autoscaler
  }
}

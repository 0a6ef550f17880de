extension Kubernetes {
  /// How many pods may be evicted at one time, such as when nodes are drained
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/>).
  public struct PodDisruptionBudget: KubernetesObject {
    public static let apiVersion = "policy/v1"
    public static let kind = "PodDisruptionBudget"

    public var metadata: ObjectMeta
    public var maxUnavailable: IntOrPercent
    public var selector: LabelSelector
    /// `AlwaysAllow` lets pods be evicted that are not ready, budget or not.
    public var unhealthyPodEvictionPolicy: String?

    public init(metadata: ObjectMeta, maxUnavailable: IntOrPercent, selector: LabelSelector) {
      self.metadata = metadata
      self.maxUnavailable = maxUnavailable
      self.selector = selector
    }

    public var content: [YAMLTree.Entry] {
      var spec = YAMLMapping()
      spec.add("maxUnavailable", maxUnavailable)
      spec.add("selector", selector)
      spec.add("unhealthyPodEvictionPolicy", unhealthyPodEvictionPolicy)
      return YAMLMapping.spec(spec)
    }
  }
}

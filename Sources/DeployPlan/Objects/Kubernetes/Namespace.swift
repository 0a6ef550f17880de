extension Kubernetes {
  /// Keeps the names of one system apart from others'
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/namespace-v1/>).
  public struct Namespace: KubernetesObject {
    public static let apiVersion = "v1"
    public static let kind = "Namespace"

    public var metadata: ObjectMeta

    public init(metadata: ObjectMeta) { self.metadata = metadata }

    public var content: [YAMLTree.Entry] { [] }
  }
}

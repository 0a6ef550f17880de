extension Kubernetes {
  /// Who pods are for the API server
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/service-account-v1/>).
  public struct ServiceAccount: KubernetesObject {
    public static let apiVersion = "v1"
    public static let kind = "ServiceAccount"

    public var metadata: ObjectMeta
    /// Whether pods find a token for the API server in their files; `true` where it is `nil`.
    public var automountServiceAccountToken: Bool?

    public init(metadata: ObjectMeta, automountServiceAccountToken: Bool? = nil) {
      self.metadata = metadata
      self.automountServiceAccountToken = automountServiceAccountToken
    }

    public var content: [YAMLTree.Entry] {
      var mapping = YAMLMapping()
      mapping.add("automountServiceAccountToken", automountServiceAccountToken)
      return mapping.tree.entries
    }
  }
}

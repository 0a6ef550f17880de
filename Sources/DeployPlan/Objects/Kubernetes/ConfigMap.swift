extension Kubernetes {
  /// Texts by name, for pods to read
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/config-map-v1/>).
  public struct ConfigMap: KubernetesObject {
    public static let apiVersion = "v1"
    public static let kind = "ConfigMap"

    /// The bytes of keys and texts that the API server takes at most.
    public static let maximumSize = 1 << 20

    public var metadata: ObjectMeta
    /// Texts by key; the keys are file names once the map is mounted.
    public var data: [String: String]
    /// Whether neither texts nor keys can be changed later.
    public var immutable: Bool?

    public init(metadata: ObjectMeta, data: [String: String] = [:], immutable: Bool? = nil) {
      self.metadata = metadata
      self.data = data
      self.immutable = immutable
    }

    public var content: [YAMLTree.Entry] {
      var mapping = YAMLMapping()
      mapping.add("immutable", immutable)
      mapping.add("data", texts: data)
      return mapping.tree.entries
    }
  }
}

extension Kubernetes {
  /// What every object says of itself
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/>).
  public struct ObjectMeta: Sendable, Hashable, ManifestPart {
    /// A DNS-1123 subdomain or label, as the kind demands.
    public var name: String
    /// `nil` for objects of the whole cluster and for templates.
    public var namespace: String?
    public var labels: [String: String]
    public var annotations: [String: String]

    public init(
      name: String, namespace: String? = nil, labels: [String: String] = [:], annotations: [String: String] = [:]
    ) {
      self.name = name
      self.namespace = namespace
      self.labels = labels
      self.annotations = annotations
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping()
      // A pod template has no name: its pods are named by their ReplicaSet.
      mapping.add("name", name.isEmpty ? nil : name)
      mapping.add("namespace", namespace)
      mapping.add("labels", texts: labels)
      mapping.add("annotations", texts: annotations)
      return mapping.tree
    }
  }
}

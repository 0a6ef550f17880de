extension Kubernetes {
  /// One name and address for pods
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/>).
  public struct Service: KubernetesObject {
    public static let apiVersion = "v1"
    public static let kind = "Service"

    public var metadata: ObjectMeta
    /// Labels of the pods.
    public var selector: [String: String]
    /// No name and no port twice.
    public var ports: [Port]

    public init(metadata: ObjectMeta, selector: [String: String], ports: [Port]) {
      self.metadata = metadata
      self.selector = selector
      self.ports = ports
    }

    public struct Port: Sendable, Hashable, ManifestPart {
      public var name: String
      public var port: Int
      /// The port of the pods.
      public var targetPort: Int
      /// What is spoken on it, for the mesh: `http`.
      public var appProtocol: String?

      public init(name: String, port: Int, targetPort: Int, appProtocol: String? = nil) {
        self.name = name
        self.port = port
        self.targetPort = targetPort
        self.appProtocol = appProtocol
      }

      var tree: YAMLTree {
        var mapping = YAMLMapping([("name", .text(name)), ("port", .integer(port))])
        mapping.add("targetPort", targetPort)
        mapping.add("protocol", "TCP")
        mapping.add("appProtocol", appProtocol)
        return mapping.tree
      }
    }

    public var content: [YAMLTree.Entry] {
      var spec = YAMLMapping([("type", .text("ClusterIP"))])
      spec.add("selector", texts: selector)
      spec.add("ports", list: ports)
      return YAMLMapping.spec(spec)
    }
  }
}

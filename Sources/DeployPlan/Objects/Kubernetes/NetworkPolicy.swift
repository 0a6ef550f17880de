extension Kubernetes {
  /// Who may open connections to pods; whatever no rule allows is dropped
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/>).
  public struct NetworkPolicy: KubernetesObject {
    public static let apiVersion = "networking.k8s.io/v1"
    public static let kind = "NetworkPolicy"

    public var metadata: ObjectMeta
    public var podSelector: LabelSelector
    public var ingress: [IngressRule]

    public init(metadata: ObjectMeta, podSelector: LabelSelector, ingress: [IngressRule]) {
      self.metadata = metadata
      self.podSelector = podSelector
      self.ingress = ingress
    }

    public struct IngressRule: Sendable, Hashable, ManifestPart {
      /// Any of them.
      public var from: [Peer]
      /// TCP.
      public var ports: [Int]

      public init(from: [Peer], ports: [Int]) {
        self.from = from
        self.ports = ports
      }

      var tree: YAMLTree {
        var mapping = YAMLMapping()
        mapping.add("from", list: from)
        mapping.add(
          "ports", list: ports.map { YAMLMapping([("port", .integer($0)), ("protocol", .text("TCP"))]).tree })
        return mapping.tree
      }
    }

    public enum Peer: Sendable, Hashable, ManifestPart {
      /// Pods of the policy's own namespace.
      case pods(LabelSelector)
      /// All pods of the namespaces.
      case namespaces(LabelSelector)

      var tree: YAMLTree {
        switch self {
        case .pods(let selector): YAMLMapping([("podSelector", selector.tree)]).tree
        case .namespaces(let selector): YAMLMapping([("namespaceSelector", selector.tree)]).tree
        }
      }
    }

    public var content: [YAMLTree.Entry] {
      var spec = YAMLMapping()
      spec.add("podSelector", podSelector)
      spec.add("policyTypes", texts: ["Ingress"])
      spec.add("ingress", list: ingress)
      return YAMLMapping.spec(spec)
    }
  }
}

extension Istio {
  /// Which requests pods answer
  /// (<https://istio.io/latest/docs/reference/config/security/authorization-policy/>).
  public struct AuthorizationPolicy: KubernetesObject {
    public static let apiVersion = "security.istio.io/v1"
    public static let kind = "AuthorizationPolicy"

    public enum Action: String, Sendable, Hashable, CaseIterable {
      case allow = "ALLOW"
      case deny = "DENY"
    }

    public var metadata: Kubernetes.ObjectMeta
    /// Labels of the pods.
    public var selector: [String: String]
    public var action: Action
    /// The action is taken where any of them fits.
    public var rules: [Rule]

    public init(metadata: Kubernetes.ObjectMeta, selector: [String: String], action: Action, rules: [Rule]) {
      self.metadata = metadata
      self.selector = selector
      self.action = action
      self.rules = rules
    }

    /// All of its conditions must hold.
    public struct Rule: Sendable, Hashable, ManifestPart {
      /// Callers that are none of these; `*` stands for whoever has proven who it is.
      public var notPrincipals: [String] = []
      public var ports: [Int] = []
      public var notMethods: [String] = []
      /// With `*` at the end of a prefix.
      public var notPaths: [String] = []

      public init() {}

      var tree: YAMLTree {
        var source = YAMLMapping()
        source.add("notPrincipals", texts: notPrincipals)
        var operation = YAMLMapping()
        operation.add("ports", texts: ports.map { "\($0)" })
        operation.add("notMethods", texts: notMethods)
        operation.add("notPaths", texts: notPaths)
        return YAMLMapping([
          ("from", .sequence([YAMLMapping([("source", source.tree)]).tree])),
          ("to", .sequence([YAMLMapping([("operation", operation.tree)]).tree])),
        ]).tree
      }
    }

    public var content: [YAMLTree.Entry] {
      var spec = YAMLMapping([("selector", YAMLMapping([("matchLabels", .texts(selector))]).tree)])
      spec.add("action", action.rawValue)
      spec.add("rules", list: rules)
      return YAMLMapping.spec(spec)
    }
  }
}

extension Kubernetes {
  /// What is allowed within a namespace
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-v1/>).
  public struct Role: KubernetesObject {
    public static let apiVersion = "rbac.authorization.k8s.io/v1"
    public static let kind = "Role"

    public var metadata: ObjectMeta
    public var rules: [PolicyRule]

    public init(metadata: ObjectMeta, rules: [PolicyRule]) {
      self.metadata = metadata
      self.rules = rules
    }

    public struct PolicyRule: Sendable, Hashable, ManifestPart {
      /// `""` is the core group.
      public var apiGroups: [String]
      public var resources: [String]
      /// All objects of the resources where there are none.
      public var resourceNames: [String]
      public var verbs: [String]

      public init(apiGroups: [String], resources: [String], resourceNames: [String] = [], verbs: [String]) {
        self.apiGroups = apiGroups
        self.resources = resources
        self.resourceNames = resourceNames
        self.verbs = verbs
      }

      var tree: YAMLTree {
        var mapping = YAMLMapping()
        mapping.add("apiGroups", texts: apiGroups)
        mapping.add("resources", texts: resources)
        mapping.add("resourceNames", texts: resourceNames)
        mapping.add("verbs", texts: verbs)
        return mapping.tree
      }
    }

    public var content: [YAMLTree.Entry] {
      YAMLMapping([("rules", .sequence(rules.map(\.tree)))]).tree.entries
    }
  }

  /// Who is allowed what a ``Role`` says
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-binding-v1/>).
  public struct RoleBinding: KubernetesObject {
    public static let apiVersion = "rbac.authorization.k8s.io/v1"
    public static let kind = "RoleBinding"

    public var metadata: ObjectMeta
    /// The name of a Role in the same namespace. It cannot be changed later.
    public var role: String
    public var serviceAccounts: [Subject]

    public init(metadata: ObjectMeta, role: String, serviceAccounts: [Subject]) {
      self.metadata = metadata
      self.role = role
      self.serviceAccounts = serviceAccounts
    }

    public struct Subject: Sendable, Hashable {
      public var name: String
      public var namespace: String

      public init(name: String, namespace: String) {
        self.name = name
        self.namespace = namespace
      }
    }

    public var content: [YAMLTree.Entry] {
      let subjects = serviceAccounts.map { subject in
        YAMLMapping([
          ("kind", .text("ServiceAccount")), ("name", .text(subject.name)), ("namespace", .text(subject.namespace)),
        ]).tree
      }
      let reference = YAMLMapping([
        ("apiGroup", .text("rbac.authorization.k8s.io")), ("kind", .text("Role")), ("name", .text(role)),
      ])
      return YAMLMapping([("roleRef", reference.tree), ("subjects", .sequence(subjects))]).tree.entries
    }
  }
}

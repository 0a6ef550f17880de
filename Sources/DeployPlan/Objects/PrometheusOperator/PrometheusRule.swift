extension PrometheusOperator {
  /// Rules for the Prometheus that the operator runs
  /// (<https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule>).
  public struct PrometheusRule: KubernetesObject {
    public static let apiVersion = "monitoring.coreos.com/v1"
    public static let kind = "PrometheusRule"

    public var metadata: Kubernetes.ObjectMeta
    /// No name twice.
    public var groups: [Group]

    public init(metadata: Kubernetes.ObjectMeta, groups: [Group]) {
      self.metadata = metadata
      self.groups = groups
    }

    /// Rules that are evaluated one after the other, at one time.
    public struct Group: Sendable, Hashable, ManifestPart {
      public var name: String
      /// A Prometheus duration; Prometheus' own interval where it is `nil`.
      public var interval: String?
      /// Of alerts or series that each rule may give.
      public var limit: Int?
      public var rules: [Rule]

      public init(name: String, interval: String? = nil, limit: Int? = nil, rules: [Rule]) {
        self.name = name
        self.interval = interval
        self.limit = limit
        self.rules = rules
      }

      var tree: YAMLTree {
        var mapping = YAMLMapping()
        mapping.add("name", name)
        mapping.add("interval", interval)
        mapping.add("limit", limit)
        mapping.add("rules", list: rules)
        return mapping.tree
      }
    }

    public struct Rule: Sendable, Hashable, ManifestPart {
      public enum Name: Sendable, Hashable {
        case alert(String)
        case record(String)
      }

      public var name: Name
      /// PromQL.
      public var expression: String
      /// How long the condition holds before the alert fires, a Prometheus duration; for alerts alone.
      public var `for`: String?
      /// How long it fires on after the condition is over, a Prometheus duration; for alerts alone.
      public var keepFiringFor: String?
      public var labels: [String: String] = [:]
      /// For alerts alone.
      public var annotations: [String: String] = [:]

      public init(_ name: Name, expression: String) {
        self.name = name
        self.expression = expression
      }

      var tree: YAMLTree {
        var mapping = YAMLMapping()
        switch name {
        case .alert(let name): mapping.add("alert", name)
        case .record(let name): mapping.add("record", name)
        }
        mapping.add("expr", expression)
        mapping.add("for", `for`)
        mapping.add("keep_firing_for", keepFiringFor)
        mapping.add("labels", texts: labels)
        mapping.add("annotations", texts: annotations)
        return mapping.tree
      }
    }

    public var content: [YAMLTree.Entry] {
      var spec = YAMLMapping()
      spec.add("groups", list: groups)
      return YAMLMapping.spec(spec)
    }
  }
}

extension Kubernetes {
  /// Objects by their labels; an empty one selects all
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/>).
  public struct LabelSelector: Sendable, Hashable, ManifestPart {
    public var matchLabels: [String: String]
    public var matchExpressions: [Requirement]

    public init(matchLabels: [String: String] = [:], matchExpressions: [Requirement] = []) {
      self.matchLabels = matchLabels
      self.matchExpressions = matchExpressions
    }

    public struct Requirement: Sendable, Hashable, ManifestPart {
      public enum Operator: String, Sendable, Hashable, CaseIterable {
        case `in` = "In"
        case notIn = "NotIn"
        case exists = "Exists"
        case doesNotExist = "DoesNotExist"
      }

      public var key: String
      public var `operator`: Operator
      /// Empty for `Exists` and `DoesNotExist`, and for these alone.
      public var values: [String]

      public init(key: String, operator: Operator, values: [String] = []) {
        self.key = key
        self.operator = `operator`
        self.values = values
      }

      var tree: YAMLTree {
        var mapping = YAMLMapping()
        mapping.add("key", key)
        mapping.add("operator", `operator`.rawValue)
        mapping.add("values", texts: values)
        return mapping.tree
      }
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping()
      mapping.add("matchLabels", texts: matchLabels)
      mapping.add("matchExpressions", list: matchExpressions)
      return mapping.tree
    }
  }
}

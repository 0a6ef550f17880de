extension PrometheusOperator {
  /// One step that changes the labels of targets or of samples
  /// (<https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.RelabelConfig>).
  public struct RelabelConfig: Sendable, Hashable, ManifestPart {
    public enum Action: String, Sendable, Hashable, CaseIterable {
      case replace
      case keep
      case drop
      case hashmod
      case labelmap
      case labeldrop
      case labelkeep
      case lowercase
      case uppercase
      case keepequal
      case dropequal
    }

    public var sourceLabels: [String]
    public var separator: String?
    public var targetLabel: String?
    public var regex: String?
    public var modulus: Int?
    /// With `$1` for what the expression's first group took.
    public var replacement: String?
    /// `replace` where it is `nil`.
    public var action: Action?

    public init(
      sourceLabels: [String] = [], separator: String? = nil, targetLabel: String? = nil, regex: String? = nil,
      modulus: Int? = nil, replacement: String? = nil, action: Action? = nil
    ) {
      self.sourceLabels = sourceLabels
      self.separator = separator
      self.targetLabel = targetLabel
      self.regex = regex
      self.modulus = modulus
      self.replacement = replacement
      self.action = action
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping()
      mapping.add("sourceLabels", texts: sourceLabels)
      mapping.add("separator", separator)
      mapping.add("targetLabel", targetLabel)
      mapping.add("regex", regex)
      mapping.add("modulus", modulus)
      mapping.add("replacement", replacement)
      mapping.add("action", action?.rawValue)
      return mapping.tree
    }
  }
}

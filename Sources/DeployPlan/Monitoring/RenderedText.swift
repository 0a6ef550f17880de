import FleetModel

/// A file of the monitoring stack.
public struct RenderedText: Sendable, Hashable {
  /// Relative to the stack's folder: `prometheus/prometheus.yml`.
  public var name: String
  public var text: String

  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}

extension RenderedText {
  /// The same tree gives the same bytes.
  init(name: String, yaml tree: YAMLTree) { self.init(name: name, text: CanonicalYAML.text(of: tree)) }
}

extension RuleGroup {
  /// As it stands in a rule file, and in a PrometheusRule (but for `query_offset`, which old ones of both do not know).
  var tree: YAMLTree {
    var mapping = YAMLMapping([("name", .text(name))])
    mapping.add("interval", interval.map(PrometheusDuration.format))
    if limit > 0 { mapping.add("limit", .integer(limit)) }
    mapping.add("rules", .sequence(rules.map(\.tree)))
    return mapping.tree
  }
}

extension ExpressionRule {
  var tree: YAMLTree {
    var mapping = YAMLMapping()
    switch kind {
    case .recording:
      mapping.add("record", name)
      mapping.add("expr", expression)
      mapping.add("labels", texts: labels)
    case .alerting(let alerting):
      mapping.add("alert", name)
      mapping.add("expr", expression)
      if alerting.hold > .zero { mapping.add("for", PrometheusDuration.format(alerting.hold)) }
      if alerting.keepFiringFor > .zero {
        mapping.add("keep_firing_for", PrometheusDuration.format(alerting.keepFiringFor))
      }
      mapping.add("labels", texts: labels)
      mapping.add("annotations", texts: alerting.annotations)
    }
    return mapping.tree
  }
}

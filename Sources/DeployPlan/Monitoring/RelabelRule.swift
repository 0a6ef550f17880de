import FleetModel

/// One step that makes the labels of a target from what discovery says of it
/// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config>), as far as the stack uses it.
struct RelabelRule: Sendable, Hashable {
  enum Action: String, Sendable, Hashable {
    case replace, keep, drop, labeldrop
  }

  var action = Action.replace
  var sources: [String] = []
  /// Anchored at both ends; `nil` fits everything.
  var pattern: String?
  var target: String?
  /// With `$1` for what the first group took; `nil` is `$1` of everything.
  var replacement: String?

  /// Gives `target` the value of another label.
  static func copy(_ source: String, to target: String) -> RelabelRule {
    RelabelRule(sources: [source], target: target)
  }

  /// In a `prometheus.yml`.
  var scrapeTree: YAMLTree { tree("source_labels", "target_label") }

  /// In a ServiceMonitor.
  var monitorTree: YAMLTree { tree("sourceLabels", "targetLabel") }

  private func tree(_ sourcesKey: String, _ targetKey: String) -> YAMLTree {
    var mapping = YAMLMapping()
    mapping.add(sourcesKey, texts: sources)
    mapping.add("regex", pattern)
    mapping.add(targetKey, target)
    mapping.add("replacement", replacement)
    mapping.add("action", action.rawValue)
    return mapping.tree
  }

  /// The labels after this step; `nil` where the target is dropped. A pattern that is none fits nothing.
  ///
  /// Replacements with groups are not made by the stack and not worked out here: they count as the whole value.
  func applied(to labels: [String: String]) -> [String: String]? {
    var labels = labels
    let value = sources.map { labels[$0] ?? "" }.joined(separator: ";")
    switch action {
    case .keep: return fits(value) ? labels : nil
    case .drop: return fits(value) ? nil : labels
    case .labeldrop: return labels.filter { !fits($0.key) }
    case .replace:
      guard let target, fits(value) else { return labels }
      let new = replacement ?? value
      labels[target] = new.isEmpty ? nil : new
      return labels
    }
  }

  private func fits(_ text: String) -> Bool {
    guard let pattern else { return true }
    // A list of names needs no engine, however many there are.
    let isList = pattern.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 124 }
    if isList { return pattern.split(separator: "|", omittingEmptySubsequences: false).contains { $0 == text } }
    return (try? LabelPattern(pattern))?.matches(text) ?? false
  }
}

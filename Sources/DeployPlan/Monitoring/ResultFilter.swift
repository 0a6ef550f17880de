import FleetModel

/// What `metric_name`, `agent_id` and `labels` of an expression rule leave of its result, in PromQL.
///
/// The language selects by labels only where it reads series. So what fits gets a mark, a label that is set where the condition
/// holds, what has the mark is kept, and the mark is taken away.
struct ResultFilter: Sendable {
  private var conditions: [LabelMatcher] = []

  /// - Parameter onlyMetric: the only metric that the expression reads: what its result without a name counts under.
  init(_ rule: AlertRule, onlyMetric: String?) {
    if let metric = rule.metricName, metric.pattern != "*" {
      var pattern = metric.regularExpression
      if metric.matches(onlyMetric ?? "") { pattern = "(\(pattern))?" }
      conditions.append(LabelMatcher(LabelSet.metricName, .matches, pattern))
    }
    if let agent = rule.agentID, agent.pattern != "*" { conditions.append(agent.matcher(of: FleetLabels.agent)) }
    conditions += rule.labels
  }

  private static let mark = "skep_kept"

  func applied(to expression: String) -> String {
    if conditions.isEmpty { return expression }
    let marked = "label_replace(vector(1), \"\(Self.mark)\", \"yes\", \"\", \"\")"
    var result = "(\(expression)\n)"
    for condition in conditions {
      let isEqual = condition.operation == .equal || condition.operation == .notEqual
      let pattern = isEqual ? PromQLText.escaped(condition.value) : condition.value
      let keeps = condition.operation == .equal || condition.operation == .matches
      let label = PromQLText.quoted(condition.name)
      result = """
        label_replace(
          label_replace(\(result), "\(Self.mark)", "yes", \(label), \(PromQLText.quoted(pattern)))
            \(keeps ? "and" : "unless") on (\(Self.mark)) \(marked),
          "\(Self.mark)", "", "", ""
        )
        """
    }
    return result
  }
}

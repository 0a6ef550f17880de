import FleetModel
import Synchronization

extension RuleEngine {
  /// Takes what an expression rule's alerts are after an evaluation; they go the way of all alerts.
  func take(_ alerts: [ExpressionAlert], of rule: ExpressionRuleFacts, isSettled: Bool) {
    if alerts.isEmpty, state.withLock({ $0.expressions[rule.key] == nil }) { return }
    change { $0.take(alerts, of: rule, isSettled: isSettled, at: $1) }
  }

  /// Ends the alerts of all expression rules but these.
  func retainExpressions(_ keys: Set<ExpressionRuleKey>) { change { $0.retainExpressions(keys, at: $1) } }

  /// The firing alerts of expression rules, by rule.
  var firingExpressions: [ExpressionRuleKey: [FiringBefore]] { state.withLock { $0.firingExpressions } }
}

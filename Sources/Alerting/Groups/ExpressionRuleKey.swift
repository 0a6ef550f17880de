import AlertLogic
import FleetModel

/// Names a rule over changes of its group and over restarts: rules of one name in one group are told apart by their labels, and
/// those with the same labels by their order, as Prometheus does when it reads its files again.
public struct ExpressionRuleKey: Hashable, Sendable, Codable {
  public let file: String
  public let group: String
  public let rule: String
  /// Tells apart rules of one name.
  public let variant: String

  /// - Parameter labels: the rule's, its group's among them.
  init(_ rule: ExpressionRule, labels: [String: String], of group: RuleGroup, ordinal: Int) {
    file = group.file
    self.group = group.name
    self.rule = rule.name
    var hash = StableHash()
    for (name, value) in labels.sorted(by: { $0.key < $1.key }) {
      hash.add(delimited: name)
      hash.add(delimited: value)
    }
    if case .recording = rule.kind { hash.add("recording") }
    variant = ordinal == 0 ? hash.hexadecimal : "\(hash.hexadecimal)-\(ordinal)"
  }
}

/// Why a group cannot be evaluated.
public struct RuleGroupError: Error, Sendable, Hashable, CustomStringConvertible {
  public var file: String
  public var group: String
  /// `nil` where it is about the group itself.
  public var rule: String?
  public var problem: String

  public var description: String {
    "\(file): group \"\(group)\"" + (rule.map { ", rule \"\($0)\"" } ?? "") + ": \(problem)"
  }
}

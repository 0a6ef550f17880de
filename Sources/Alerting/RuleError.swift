/// Why a rule was refused.
public enum RuleError: Error, Sendable, Hashable, CustomStringConvertible {
  case duplicateName(String)
  /// Such rules are not decided on arrival: a ``RuleSet`` takes them.
  case unsupportedCondition(rule: String, type: String)
  /// Something in the rule cannot be meant: an empty name, a regular expression that does not parse, a window of nothing.
  case invalid(rule: String, problem: String)

  public var description: String {
    switch self {
    case .duplicateName(let name): "there is a rule \"\(name)\" already; give this one another name or remove that one"
    case .unsupportedCondition(let rule, let type):
      "rule \"\(rule)\": rules of condition_type \(type) are not decided on arrival;"
        + " add it to the rule set"
    case .invalid(let rule, let problem): "rule \"\(rule)\": \(problem)"
    }
  }
}

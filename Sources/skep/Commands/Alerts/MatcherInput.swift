import ControlPlane
import FleetModel

/// Matchers on the command line.
enum MatcherInput {
  /// A word alone is the alert's name, as in `amtool`.
  static func read(_ texts: [String]) throws(CommandFailure) -> [LabelMatcher] {
    try texts.map { (text) throws(CommandFailure) in
      if !text.contains(where: { $0 == "=" || $0 == "!" }) { return LabelMatcher("alertname", .equal, text) }
      do {
        let matcher = try AlertmanagerMatcher.parse(text)
        _ = try MatcherTest(matcher)
        return matcher
      } catch {
        throw .badInput("\(error); write a matcher such as agent_id=\"planner\" or zone=~\"eu-.*\"")
      }
    }
  }
}

extension LabelMatcher {
  /// What ``AlertmanagerMatcher/parse(_:)`` reads back.
  var matcherText: String {
    var escaped = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return "\(name)\(operation.rawValue)\"\(escaped)\""
  }
}

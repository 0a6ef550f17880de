import FleetModel
import Testing

@testable import ControlPlane

@Suite struct RuleReadingTests {
  static let start = #""name":"n","description":"d","condition_type""#

  @Test(arguments: [
    (#""threshold","operater":">""#, #"unknown key "operater"; did you mean "operator"?"#),
    (#""threshold","operator":"=>""#, #"operator "=>" is unknown; expected one of ">", "<", ">=", "<=", "==", "!=""#),
    (#""threshold","threshold":"85""#, "threshold is a string; expected a number"),
    (#""threshold","for":5"#, #"for is a number; expected a duration in double quotes such as "5m""#),
    (#""threshold","for":"5 minutes""#, #"for "5 minutes" is not a duration"#),
    (#""threshold","rate_threshold":1"#, #"rate_threshold does not belong to condition_type "threshold"; remove it"#),
    (#""absence","window":"0""#, "window is 0"),
    (#""absense""#, #"condition_type "absense" is unknown"#),
    (#""expression""#, "the rule lacks expr"),
    (#""threshold","severity":"bad""#, #""info", "warning", "critical", "emergency""#),
    (#""threshold","labels":["zone"]"#, "labels[0] is not a matcher"),
    (#""threshold","labels":["1a=b"]"#, "labels[0] is not a matcher"),
    (#""threshold","labels":{"zone":1}"#, "labels.zone is a number"),
    (#""threshold","annotations":[]"#, "annotations is an array; expected an object of strings"),
    (#""threshold","agent_id":"""#, "agent_id is empty"),
  ])
  func refuses(_ rest: String, _ expected: String) throws {
    let document = try JSONParser.parse(Array("{\(Self.start):\(rest)}".utf8))
    let error = #expect(throws: APIError.self) { try AlertRule(document: document) }
    #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
    #expect(error?.code == .invalidRequest)
  }

  @Test(arguments: [
    (#"zone="eu""#, LabelMatcher("zone", .equal, "eu")), ("zone = eu", LabelMatcher("zone", .equal, "eu")),
    (#"a!="b\"c""#, LabelMatcher("a", .notEqual, #"b"c"#)), (#"a=~"x.*""#, LabelMatcher("a", .matches, "x.*")),
    (#"a!~"x\\d""#, LabelMatcher("a", .matchesNot, #"x\d"#)), ("_x9=", LabelMatcher("_x9", .equal, "")),
  ])
  func readsMatchers(_ text: String, _ expected: LabelMatcher) {
    #expect(LabelMatcher(matcher: text) == expected)
    #expect(LabelMatcher(matcher: expected.matcherText) == expected)
  }

  @Test(arguments: ["", "=", "zone", #"zone="eu"#, #"zone="a\"#, "9=1", "a b=c", "a!", "zö=x", "!~"])
  func refusesMatchers(_ text: String) { #expect(LabelMatcher(matcher: text) == nil) }
}

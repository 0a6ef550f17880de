import FleetModel
import TestSupport
import Testing

@testable import DeployPlan

@Suite struct MatcherSyntaxTests {
  @Test(arguments: [
    ("severity=\"critical\"", "severity=\"critical\""), ("severity = critical", "severity=\"critical\""),
    ("{a=\"1\", b!=\"2\"}", "a=\"1\" b!=\"2\""), ("a=~\"x|y\",b!~z.*", "a=~\"x|y\" b!~\"z.*\""),
    ("a=\"\"", "a=\"\""), ("a=", "a=\"\""), ("a=\"x,y\"", "a=\"x,y\""), ("{}", ""), ("", ""), ("{a=b", "a=\"b\""),
    // The classic grammar: what escapes nothing stays, and blanks around a bare value do not belong to it.
    ("a=\\x\\", "a=\"\\x\\\""), ("a= b c \n", "a=\"b c\""), ("a=\"b\\nc\"", "a=\"b\nc\""), ("a==b", "a=\"=b\""),
    ("a=\"b\\\"c\"", "a=\"b\"c\""), ("a='b'", "a=\"'b'\""), ("a=b}", "a=\"b\""), ("a={b}", "a=\"{b\""),
    // The grammar for UTF-8 names.
    ("\"a.b\"=c", "a.b=\"c\""), ("a.b=c", "a.b=\"c\""), ("{ größe = \"\\u00e9\", b!=c, }", "größe=\"é\" b!=\"c\""),
    ("\"\\t\"!~\"\\x41\\101\"", "\t!~\"AA\""),
  ])
  func accepted(text: String, expected: String) throws {
    let matchers = try MatcherSyntax.parse(text).get()
    #expect(matchers.map { "\($0)" }.joined(separator: " ") == expected)
  }

  @Test(arguments: [
    "a", "=x", ",a=b", "a=b,,c=d", "a=\"x", "a=\"x\" b=\"y\"", "a=~\"(\"", "a=~\"*\"", "a=b\"c", "{{a=b}}", "a.b",
    "a.b==c",
    "\"a.b=c", "\"a\\qb\"=c", "{a.b=c", "a.b=c}", "\"\\xff\"=c", "a.b=c d", "a.b!c", "\"\\ud800\"=c", "\"\\+1\"=c",
  ])
  func refused(text: String) {
    #expect(throws: MatcherSyntax.MatcherProblem.self) { try MatcherSyntax.parse(text).get() }
  }

  /// What is written is read back, whatever the characters.
  @Test func writtenMatchersAreReadBack() throws {
    let random = SeededRandom(seed: 11)
    let scalars = Array("ab_:1 ,\"\\{}=!~\n\té🐝.'`".unicodeScalars)
    func text(_ length: Int) -> String {
      String(String.UnicodeScalarView((0..<length).map { _ in scalars[Int(random.next() % UInt64(scalars.count))] }))
    }
    for round in 0..<2000 {
      let name = text(1 + round % 4).replacing("\\", with: "").replacing("\"", with: "")
      if name.isEmpty { continue }
      let matcher = LabelMatcher(name, round % 2 == 0 ? .equal : .notEqual, text(round % 9))
      #expect(try MatcherSyntax.parse(matcher.alertmanagerText).get() == [matcher], "\(matcher.alertmanagerText)")
    }
  }

  /// Nothing that may stand in a file ends the reading other than by an answer.
  @Test func anyTextIsAnswered() {
    let random = SeededRandom(seed: 12)
    let scalars = Array("ab=!~\"\\{},nux0 é".unicodeScalars)
    var taken = 0
    for round in 0..<20_000 {
      let text = String(
        String.UnicodeScalarView((0..<round % 12).map { _ in scalars[Int(random.next() % UInt64(scalars.count))] }))
      if case .success = MatcherSyntax.parse(text) { taken += 1 }
    }
    #expect(taken > 500)
  }
}

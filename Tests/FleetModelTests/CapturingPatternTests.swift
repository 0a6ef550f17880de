import FleetModel
import Testing

@Suite("patterns that tell what their groups matched")
struct CapturingPatternTests {
  struct Case: Sendable {
    let pattern: String
    let text: String
    let template: String
    /// `nil`: no match.
    let result: String?
    init(_ pattern: String, _ text: String, _ template: String, _ result: String?) {
      (self.pattern, self.text, self.template, self.result) = (pattern, text, template, result)
    }
  }

  @Test(arguments: [
    Case("(.*):(.*)", "host:80", "$1 and $2", "host and 80"), Case("(.*):.*", "a:b:c", "$1", "a:b"),
    Case("(.*?):.*", "a:b:c", "$1", "a"), Case("(?U)(.*):.*", "a:b:c", "$1", "a"), Case("a(x)?b", "ab", "[$1]", "[]"),
    Case("(a|ab)(c|bcd)?(d*)", "abcd", "$1.$2.$3", "a.bcd."),
    Case("(?P<n>\\d+)-(?<m>\\w+)", "12-ab", "${m}${n}$0", "ab1212-ab"),
    Case("(a)(b)", "ab", "$1x", ""), Case("(a)(b)", "ab", "${1}x$$$3", "ax$"), Case("(a)", "a", "$", "$"),
    Case("(a)", "a", "${1", "${1"), Case("(?:a|(b))+", "ab", "$1", "b"),
    Case("(a+)+", "aaa", "$1", "aaa"), Case("x(.*)", "y", "$1", nil), Case(".*", "", "v", "v"),
    Case("(a){2,3}", "aaa", "$1", "a"),
    Case("(?i)(ABC)", "abc", "$1", "abc"), Case("^(.+)$", "é\n", "$1", "é\n"), Case("", "", "x", "x"),
    Case("", "a", "x", nil),
  ])
  func expansion(_ example: Case) throws {
    let pattern = try CapturingPattern(example.pattern)
    let captures = pattern.captures(in: example.text)
    #expect(captures.map { pattern.expand(example.template, $0) } == example.result)
    #expect(try LabelPattern(example.pattern).matches(example.text) == (captures != nil))
  }

  @Test func timeIsBounded() throws {
    let text = String(repeating: "a", count: 2000)
    #expect(try CapturingPattern("(a*)*b").captures(in: text) == nil)
    #expect(try CapturingPattern("(x+x+)+y|(.*)").captures(in: text)?[2] == text)
  }
}

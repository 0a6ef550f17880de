import AlertLogic
import FleetModel
import GoTemplate
import Testing

@Suite("templates of alerting rules")
struct RuleTemplateTests {
  static let facts = RuleTemplateCaseTests.facts

  @Test func plainTextIsGivenAsItIs() throws {
    for text in ["", "disk is full", "a { b } c", "100 %", "}}"] {
      let template = try RuleTemplate(text, alert: "T")
      #expect(template.isPlain)
      #expect(try template.expand(Self.facts) == text)
    }
    #expect(try !RuleTemplate("{{1}}", alert: "T").isPlain)
  }

  @Test func asksForOneQueryAfterTheOther() throws {
    let template = try RuleTemplate(
      #"{{ query "a" | first | value }} {{ printf "b%v" (query "a" | first | value) | query | len }}"#, alert: "T")
    let one = QueryTemplateAnswer.samples([.init(labels: LabelSet(), value: 1)])
    #expect(throws: RuleTemplateFailure.needsQuery("a")) { try template.expand(Self.facts) }
    #expect(throws: RuleTemplateFailure.needsQuery("b1")) { try template.expand(Self.facts, answers: ["a": one]) }
    #expect(try template.expand(Self.facts, answers: ["a": one, "b1": .samples([])]) == "1 0")
  }

  @Test func failureStandsInThePlaceOfTheText() throws {
    let template = try RuleTemplate(#"{{ query "up" | first | value }}"#, alert: "Down")
    do {
      _ = try template.expand(Self.facts, answers: ["up": .failure("query timed out")])
      Issue.record("it gave a text")
    } catch .failed(let error) {
      #expect(
        RuleTemplate.text(of: error)
          == #"<error expanding template: error executing template __alert_Down: template: __alert_Down:1:115: "#
          + #"executing "__alert_Down" at <query "up">: error calling query: query timed out>"#)
      #expect(error.line == 1)
      #expect(error.column == 3)
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func histogramsPrintAsTheirText() throws {
    var facts = Self.facts
    facts.value = .histogram("{count:3, sum:5}")
    #expect(try RuleTemplate("{{ $value }}", alert: "T").expand(facts) == "{count:3, sum:5}")
    #expect(RuleTemplateCaseTests.expand("{{ humanize 1 }}{{ .Value }}", facts: facts).output == "1{count:3, sum:5}")
  }

  @Test func nowIsTheTimeOfTheEvaluation() throws {
    var facts = Self.facts
    facts.time = Timestamp(milliseconds: 1_435_065_584_128)
    #expect(
      try RuleTemplate("{{ now | humanizeTimestamp }}", alert: "T").expand(facts) == "2015-06-23 13:19:44.128 +0000 UTC"
    )
  }

  static let paths: [(url: String, path: String)] = [
    ("", ""), ("http://h", ""), ("http://h/", "/"), ("https://h:1/a/b?q#f", "/a/b"), ("http://h?x=/y", ""),
  ]

  @Test(arguments: paths)
  func pathOfTheExternalURL(url: String, path: String) throws {
    var facts = Self.facts
    facts.externalURL = url
    #expect(
      try RuleTemplate("{{ pathPrefix }}|{{ externalURL }}|{{ $externalURL }}", alert: "T").expand(facts)
        == "\(path)|\(url)|\(url)")
  }

  @Test func checkNamesLabelsFirst() {
    let findings = RuleTemplate.check(
      alert: "T", labels: ["z": "{{ nope }}", "a": "{{ $labels.x }}"],
      annotations: ["summary": "one\n{{ if }}", "fine": "{{ query \"up\" | first }}", "plain": "text"])
    #expect(
      findings.map(\.description) == [
        #"label "z": template: __alert_T:1: function "nope" not defined"#,
        #"annotation "summary": template: __alert_T:2: missing value for if"#,
      ])
    #expect(findings.map(\.error.line) == [1, 2])
  }

  @Test(arguments: ["(", "[a", "a**", "\\pL"])
  func patternsThatAreNone(pattern: String) {
    let (_, error) = RuleTemplateCaseTests.expand("{{ match `\(pattern)` \"x\" }}")
    #expect(error?.contains("error calling match: error parsing regexp: ") == true)
  }

  /// Patterns cost in proportion to what they are given, and a bound stops them.
  @Test func patternsCannotRunForEver() {
    let long = #"{{ $x := "aaaaaaaaaaaaaaaa" }}{{ range 12 }}{{ $x = print $x $x }}{{ end }}"#
    #expect(RuleTemplateCaseTests.expand(long + #"{{ match "(a*)*b" $x }}"#).output == "false")
    let (_, error) = RuleTemplateCaseTests.expand(long + #"{{ reReplaceAll "a.*b|a" "x" $x | len }}"#)
    #expect(error?.contains("matching takes more than") == true)
    let (_, tooLong) = RuleTemplateCaseTests.expand(long + #"{{ reReplaceAll "a" $x $x | len }}"#)
    #expect(tooLong?.contains("longer than") == true)
  }

  @Test func queriesAreCounted() throws {
    let template = try RuleTemplate("{{ range 1000 }}{{ query `up` | len }}{{ end }}", alert: "T")
    do {
      _ = try template.expand(Self.facts, answers: ["up": .samples([])])
      Issue.record("it queried without end")
    } catch .failed(let error) {
      #expect(error.problem == "error calling query: a template may query 100 times")
    } catch {
      Issue.record("\(error)")
    }
  }
}

import DeployPlan
import FleetModel
import Testing

@Suite("rule files")
struct RuleFileTests {
  @Test func everythingThatARuleCanHave() throws {
    let reading = RuleFile.read(
      """
      groups:
        - name: 5
          interval: 30s
          query_offset: 1m
          limit: 10
          labels: {team: a}
          rules:
            - record: "a metric.of anything"
              expr: 1
              labels: {on: true, off: }
            - alert: Überlast
              expr: |
                up == 0
              for: 5m
              keep_firing_for: 1h30m
              labels:
              annotations: {ins-tance: "{{ $labels.instance }}", __name__: x}
        - name: empty
        - name: defaults
          interval: 0
          limit: -1
          rules:
      """, file: "rules.yml")
    #expect(reading.diagnostics == [])
    let groups = try #require(reading.groups)
    #expect(groups.map(\.name) == ["5", "empty", "defaults"])
    #expect(
      groups[0]
        == RuleGroup(
          name: "5", file: "rules.yml", interval: .seconds(30), queryOffset: .seconds(60), limit: 10,
          labels: ["team": "a"],
          rules: [
            ExpressionRule(
              .recording, name: "a metric.of anything", expression: "1", labels: ["on": "true", "off": ""], line: 8),
            ExpressionRule(
              .alerting(
                .init(
                  hold: .seconds(300), keepFiringFor: .seconds(5400),
                  annotations: ["ins-tance": "{{ $labels.instance }}", "__name__": "x"])), name: "Überlast",
              expression: "up == 0\n", line: 11),
          ]))
    #expect(groups[2].interval == nil && groups[2].limit == 0 && groups[2].rules == [])
  }

  @Test(arguments: ["", "# nothing\n", "groups:\n", "{}", "groups: []"])
  func filesWithoutGroups(_ text: String) {
    let reading = RuleFile.read(text, file: "f")
    #expect(reading.groups == [] && reading.diagnostics == [])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let rule: String
    let problems: [String]
    init(_ rule: String, _ problems: String...) { (self.rule, self.problems) = (rule, problems) }
    var testDescription: String { rule }
  }

  /// Each is the one rule of a group; problems are told with the column on line 4.
  @Test(arguments: [
    Case("{record: a, expr: b, for: 0s, annotations: {}}"),
    Case("{alert: a}", "9: lacks the required key \"expr\"; give it a PromQL expression"),
    Case("{expr: a}", "9: needs one of \"record\", \"alert\""),
    Case(
      "{record: a, alert: b, expr: c}",
      "28: cannot stand beside \"record\"; make two rules of it, or remove one of the two"),
    Case(
      "{record: a, expr: b, for: 1m, keep_firing_for: 1m, annotations: {c: d}}",
      "35: means nothing in a recording rule; remove it, or write \"alert\" in place of \"record\"",
      "56: means nothing in a recording rule; remove it, or write \"alert\" in place of \"record\"",
      "73: means nothing in a recording rule; remove it, or write \"alert\" in place of \"record\""),
    Case(
      "{record: 'a{b=\"c\"}', expr: d}",
      "18: \"a{b=\"c\"}\" holds braces: a name has none; give labels under \"labels\", or write the selector in \"expr\""
    ),
    Case(
      "{alert: a, expr: b, fro: 1m}", "29: unknown key \"fro\"; did you mean \"for\"?"),
    Case(
      "{alert: a, expr: b, for: 5}", "34: \"5\" is not a duration; write 5s for seconds"),
    Case(
      "{alert: a, expr: b, labels: {__name__: c, \"\": d}}",
      "38: the key \"__name__\" is the name of the series itself; remove it; the name is in \"record\"",
      "51: the key \"\" is no label name; give it a name"),
    Case(
      "{alert: a, expr: b, labels: [c]}", "37: expected a mapping, found a list; write \"key: value\" on lines below"),
    Case("{alert: a, expr: [b]}", "26: expected a text, found a list"),
    Case("5", "9: expected a mapping, found the number 5; give it keys such as \"record\""),
  ])
  func problems(_ example: Case) {
    let reading = RuleFile.read("groups:\n- name: g\n  rules:\n  -     \(example.rule)\n", file: "f")
    let found = reading.diagnostics.map {
      "\($0.line == 4 ? "" : "line \($0.line ?? 0), ")\($0.column ?? 0): \($0.message)\($0.mend.map { "; \($0)" } ?? "")"
    }
    #expect(found == example.problems)
    #expect((reading.groups == nil) == !example.problems.isEmpty)
  }

  @Test func namesOfGroups() {
    let reading = RuleFile.read("groups:\n- name: a\n- name: b\n- name: a\n- rules: []\n- name: \"\"\n", file: "f")
    #expect(
      reading.diagnostics.map(\.description) == [
        "f:4:9: error: groups[2].name: \"a\" is the name of groups[0] too; give each group of a file a name of its own",
        "f:5:3: error: groups[3]: lacks the required key \"name\"",
        "f:6:9: error: groups[4].name: is empty; give it a text or remove the key",
      ])
  }

  /// The byte of an expression, marked in the file with `§`, is found there whatever the expression's style.
  @Test(arguments: [
    "expr: sum(§rate(x[5m]))", "expr: 'sum(a{b=\"''\"}) + §rate(x[5m])'", "expr: \"sum(a{b=\\\"c\\\"}) + §rate(x)\"",
    "expr: |\n          sum(\n            §rate(x)\n          )",
    "expr: >-\n          sum(\n          a) +\n\n          §rate(x)",
    "expr: sum(a) +\n          # no comment\n          §rate(x)".replacing("          # no comment\n", with: ""),
    "expr: |\n\n          é +\n          §rate(x)", "expr: |2\n            é +\n          §rate(x)",
  ])
  func placesWithinExpressions(_ marked: String) throws {
    let head = "groups:\n- name: g\n  rules:\n  - record: a\n    "
    let marker = "\(head)\(marked)\n"
    let before = try #require(marker.split(separator: "§").first).split(
      separator: "\n", omittingEmptySubsequences: false)
    let reading = RuleFile.read(marker.replacing("§", with: ""), file: "f")
    let rule = try #require(reading.groups?.first?.rules.first)
    let range = try #require(rule.expression.firstRange(of: "rate"))
    let offset = rule.expression.utf8.distance(from: rule.expression.startIndex, to: range.lowerBound)
    let place = try #require(
      reading.places.place(of: offset, in: rule.expression, at: RuleFile.path(group: 0, rule: 0, ["expr"])))
    #expect(place.line == before.count)
    #expect(place.column == (before.last?.unicodeScalars.count ?? 0) + 1)
  }
}

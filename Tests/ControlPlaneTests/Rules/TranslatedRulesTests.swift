import AlertLogic
import DeployPlan
import FleetModel
import Foundation
import PromQL
import SystemPackage
import TestSupport
import Testing

/// Skep's own rules, decided sample by sample, beside what is rendered of them for Prometheus: the same samples raise the same
/// alerts. Skep's machines say what is to be expected, and promtool runs the rendered rules against it.
struct TranslatedRulesTests {
  static let step: Duration = .seconds(30)
  static let steps = 24

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var condition: AlertRule.Condition
    var metric: String? = "depth"
    var agent: String?
    var labels: [LabelMatcher] = []
    var hold: Duration = .zero
    var keep: Duration = .zero
    var series: [String]

    var testDescription: String { name }

    var rule: AlertRule {
      AlertRule(
        name: "Rule", description: "{agent_id} {{ {metric_name}", condition: condition,
        metricName: metric.map(Glob.init),
        agentID: agent.map(Glob.init), labels: labels, hold: hold, keepFiringFor: keep, severity: .critical,
        annotations: ["note": "a {{ brace }}"], runbookURL: "https://runbooks.example/x")
    }
  }

  private static let target = "job=\"multi-agent-system\",namespace=\"multi-agents\""

  private static func line(_ metric: String, _ agent: String, _ values: String, _ further: String = "") -> String {
    "\(metric){\(target),agent_id=\"\(agent)\"\(further)} \(values)"
  }

  /// Holes, a series that ends, one that is silent for longer than the lookback, and what is no number.
  private static let levels = [
    line("depth", "planner", "1 2 3 2 1 NaN 3 3 _ 3 1 stale 3 3 3 _x12"),
    line("depth", "critic", "3 _x10 3 2 _ Inf -Inf"),
    line("other", "planner", "9x20"),
  ]
  private static let counts = [
    line("requests_total", "planner", "0 30 60 60 10 100 100 _ 190 stale 220 250 _x3 400x3"),
    line("requests_total", "critic", "0 90 0 15 15 45"),
  ]
  private static let moving = [
    line("depth", "planner", "10 40 20 0 0 -30 5 _ 65 5 _ _ -55 -55 stale 30 60"),
    line("depth", "critic", "0 300 0 300 285"),
  ]

  static let cases: [Case] =
    Comparison.allCases.flatMap { comparison in
      [
        Case(name: "threshold \(comparison.rawValue) 2", condition: .threshold(comparison, 2), series: levels),
        Case(
          name: "counter \(comparison.rawValue) 1", condition: .rateOfChange(comparison, 1), metric: "requests_total",
          series: counts),
      ]
        + [0.0, -0.5, 1].map { bound in
          Case(
            name: "gauge \(comparison.rawValue) \(bound)", condition: .rateOfChange(comparison, bound), series: moving)
        }
    } + [
      Case(
        name: "for", condition: .threshold(.greaterOrEqual, 2), hold: .seconds(60),
        series: [line("depth", "planner", "2 2 1 2 2 2 2 1 2 2 _ 2 stale 2 2 2")]),
      Case(
        name: "keep_firing_for", condition: .threshold(.greater, 2), keep: .seconds(60),
        series: [line("depth", "planner", "3 1 3 1 1 1 3 stale _ _ _ 3")]),
      Case(
        name: "for and keep_firing_for", condition: .rateOfChange(.greater, 0), metric: "requests_total",
        hold: .seconds(60),
        keep: .seconds(90), series: [line("requests_total", "planner", "0 1 2 3 3 3 4 4 4 4 4 4 5 6 7 8 9 0 1")]),
      Case(
        name: "globs", condition: .threshold(.greater, 2), metric: "[!x]e*", agent: "p*r",
        series: levels + [
          line("depth", "poor", "3x5"), line("tepid", "planner", "5x5", ",zone=\"a\""), line("xepid", "planner", "5x5"),
          line("depth", "other", "5x5"),
        ]),
      Case(
        name: "every metric", condition: .threshold(.greater, 2), metric: nil,
        series: [line("a", "planner", "3 1 3"), line("b", "planner", "3 3 1", ",metric_name=\"own\"")]),
      Case(
        name: "globbed rates", condition: .rateOfChange(.greater, 1), metric: "re*",
        series: counts + [line("rest", "planner", "100 0 100 0 100")]),
      Case(
        name: "labels", condition: .threshold(.greater, 0),
        labels: [
          LabelMatcher("zone", .equal, "a\"b\\"), LabelMatcher("path", .matches, "/api/.*|/x"),
          LabelMatcher("code", .notEqual, "404"), LabelMatcher("team", .matchesNot, "b.*"),
        ],
        series: [
          line("depth", "a", "1x3", ",zone=\"a\\\"b\\\\\",path=\"/api/v1\",code=\"500\""),
          line("depth", "b", "1x3", ",zone=\"a\\\"b\\\\\",path=\"/x\",code=\"404\""),
          line("depth", "c", "1x3", ",zone=\"a\\\"b\\\\\",path=\"/xy\""),
          line("depth", "d", "1x3", ",zone=\"a\\\"b\\\\\",path=\"/x\",team=\"blue\""),
        ]),
      Case(
        name: "absence of a named pair", condition: .absence(window: .seconds(150)), agent: "planner",
        series: [line("depth", "planner", "1 1 1 _x10 1 1 stale _x8"), line("depth", "critic", "1 _x20")]),
      Case(
        name: "absence of what never was", condition: .absence(window: .seconds(180)), agent: "planner",
        labels: [LabelMatcher("zone", .equal, "a")], series: [line("depth", "critic", "1x20")]),
      Case(
        name: "absence", condition: .absence(window: .seconds(120)), hold: .seconds(60), keep: .seconds(60),
        series: [
          line("depth", "planner", "1 1 1 _x12 1 1 1"), line("depth", "critic", "1x23"),
          line("depth", "planner", "_x3 1 1 1", ",zone=\"b\""), line("depth", "other", "1 stale"),
        ]),
      Case(
        name: "absence of globbed metrics", condition: .absence(window: .seconds(120)), metric: "re*",
        labels: [LabelMatcher("zone", .equal, "{{a}}")],
        series: [
          line("requests_total", "planner", "1 _x20", ",zone=\"{{a}}\""),
          line("rest", "planner", "1x20", ",zone=\"{{a}}\""),
          line("rest", "critic", "1x20"),
        ]),
    ]

  private static let hasPromtool = (try? ForeignProgram.run(["promtool", "--version"]).status) == 0

  @Test(.enabled(if: hasPromtool, "needs Debian's promtool: `make test-tools`"), arguments: cases)
  func raiseTheSame(_ example: Case) throws {
    let series = try example.series.map { try NotedSeries($0, from: Timestamp(milliseconds: 0), gap: Self.step) }
    var system = FleetSystem(name: "t")
    for name in ["planner", "critic", "poor", "other", "a", "b", "c", "d"] {
      var agent = AgentSpec(agentID: try AgentID(name))
      agent.exposes = Set(series.map(\.labels.metricName)).sorted().map { ExposedMetric(name: $0) }
      system.agents.append(agent)
    }
    system.alertRules = [example.rule]
    let rules = try #require(MonitoringStack(of: system).ruleFiles.first)
    let expected = Self.expected(example.rule, series)
    #expect(expected.contains { !$0.alerts.isEmpty }, "a case in which nothing fires shows nothing")

    let scratch = try ScratchDirectory()
    func write(_ name: String, _ text: String) throws -> String {
      let path = scratch.path.appending(name).string
      try Data(text.utf8).write(to: URL(filePath: path))
      return path
    }
    _ = try write("rules.yml", rules.text)
    let path = try write("tests.json", Self.testFile(example.series, expected))
    let (status, output) = try ForeignProgram.run(["promtool", "test", "rules", path])
    #expect(status == 0, "\(output)\n\(rules.text)")
  }

  private static func testFile(_ series: [String], _ expected: [Moment]) throws -> String {
    let inputs = series.map { line in
      let close = line.lastIndex(of: "}").map { line.index(after: $0) } ?? line.startIndex
      return ["series": String(line[..<close]), "values": String(line[close...].dropFirst())]
    }
    let moments: [[String: Any]] = expected.map { moment in
      [
        "eval_time": "\(moment.seconds)s", "alertname": "Rule",
        "exp_alerts": moment.alerts.map { ["exp_labels": $0.labels, "exp_annotations": $0.annotations] },
      ]
    }
    let document: [String: Any] = [
      "rule_files": ["rules.yml"], "evaluation_interval": "30s",
      "tests": [["interval": "30s", "input_series": inputs, "alert_rule_test": moments]],
    ]
    return String(
      decoding: try JSONSerialization.data(withJSONObject: document, options: .withoutEscapingSlashes), as: UTF8.self)
  }

  // MARK: What Skep raises

  struct Moment {
    var seconds: Int64
    var alerts: [(labels: [String: String], annotations: [String: String])]
  }

  private static func alert(
    _ rule: AlertRule, metric: String, agent: String, _ labels: [String: String]
  ) -> (labels: [String: String], annotations: [String: String]) {
    var labels = labels
    labels[LabelSet.metricName] = nil
    let isLiteral = rule.metricName.map { !$0.pattern.contains { "*?[".contains($0) } } ?? false
    if !isLiteral, labels["metric_name"] == nil { labels["metric_name"] = metric }
    labels["severity"] = rule.severity.rawValue
    var annotations = rule.annotations
    annotations["runbook_url"] = rule.runbookURL
    annotations["description"] = AlertText.fill(
      rule.description, with: AlertText.Facts(agentID: agent, metricName: metric, value: "", threshold: ""))
    return (labels, annotations)
  }

  private static func fits(_ rule: AlertRule, _ labels: LabelSet) -> Bool {
    let tests = rule.labels.compactMap { try? MatcherTest($0) }
    return rule.metricName?.matches(labels.metricName) != false
      && rule.agentID?.matches(labels["agent_id"] ?? "") != false
      && tests.count == rule.labels.count && tests.allSatisfy { $0.accepts(labels) }
  }

  private static func isFiring(_ lifecycle: AlertLifecycle) -> Bool {
    switch lifecycle.phase {
    case .firing, .kept: true
    case .inactive, .pending: false
    }
  }

  /// The samples of a series by the step at which they are taken.
  private static func samples(_ series: NotedSeries) -> [Int64: Double] {
    Dictionary(
      zip(series.samples.timestamps.map { $0 / 30_000 }, series.samples.values), uniquingKeysWith: { first, _ in first }
    )
  }

  private static func expected(_ rule: AlertRule, _ all: [NotedSeries]) -> [Moment] {
    let series = all.filter { fits(rule, $0.labels) }
    let holding = HoldTerms(hold: rule.hold, keepFiringFor: rule.keepFiringFor)
    let terms: SeriesTerms
    switch rule.condition {
    case .threshold(let comparison, let bound):
      // Prometheus before 3.0 counts a sample that is exactly five minutes old.
      terms = SeriesTerms(.value, comparison, bound, holding: holding, lookback: .milliseconds(300_001))
    case .rateOfChange(let comparison, let bound): terms = SeriesTerms(.rate, comparison, bound, holding: holding)
    case .absence(let window): return absences(rule, AbsenceTerms(window: window, holding: holding), series)
    case .expression: return []
    }
    var moments = (0..<Int64(steps)).map { Moment(seconds: $0 * 30, alerts: []) }
    for one in series {
      let samples = samples(one)
      let name = one.labels.metricName
      var machine = SeriesMachine(isCounter: MetricNaming.isCounter(name), at: Timestamp(milliseconds: 0))
      for index in moments.indices {
        let now = Timestamp(milliseconds: Int64(index) * 30_000)
        if let value = samples[Int64(index)] { _ = machine.step(.sample(value, takenAt: now), terms, at: now) }
        _ = machine.step(.timePassed, terms, at: now)
        if isFiring(machine.lifecycle) {
          moments[index].alerts.append(
            alert(rule, metric: name, agent: one.labels["agent_id"] ?? "", one.labels.dictionary))
        }
      }
    }
    return moments
  }

  /// Absence is noticed by evaluations, two collections apart at most, so moments around a change are left out.
  private static func absences(_ rule: AlertRule, _ terms: AbsenceTerms, _ series: [NotedSeries]) -> [Moment] {
    var pairs: [[String]: [NotedSeries]] = [:]
    for one in series { pairs[[one.labels["agent_id"] ?? "", one.labels.metricName], default: []].append(one) }
    // A rule that names both watches what never was.
    let isNamed = rule.agentID?.pattern == "planner"
    if isNamed { pairs[["planner", "depth"], default: []] += [] }
    var moments = (0..<Int64(steps)).map { Moment(seconds: $0 * 30, alerts: []) }
    var unsettled: Set<Int> = []
    for (key, members) in pairs {
      let samples = members.map(Self.samples)
      var machine: AbsenceMachine?
      var wasFiring = false
      for index in moments.indices {
        let now = Timestamp(milliseconds: Int64(index) * 30_000)
        let isSeen = samples.contains { $0[Int64(index)].map { !StaleMarker.isStale($0) } ?? false }
        if machine == nil, isSeen || isNamed { machine = AbsenceMachine(isNamed: isNamed, at: now) }
        if isSeen { _ = machine?.step(.sample, terms, at: now) }
        _ = machine?.step(.timePassed, terms, at: now)
        let firing = machine.map { isFiring($0.lifecycle) } ?? false
        if firing != wasFiring { unsettled.formUnion((index - 2)...(index + 2)) }
        wasFiring = firing
        guard firing else { continue }
        var labels = ["agent_id": key[0], "job": "multi-agent-system", "namespace": "multi-agents"]
        for matcher in rule.labels where matcher.operation == .equal { labels[matcher.name] = matcher.value }
        moments[index].alerts.append(alert(rule, metric: key[1], agent: key[0], labels))
      }
    }
    return moments.enumerated().filter { !unsettled.contains($0.offset) }.map(\.element)
  }
}

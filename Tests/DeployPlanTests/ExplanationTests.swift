import DeployPlan
import FleetModel
import Testing

/// `--explain KEY`: what a value is and where it comes from.
@Suite struct ExplanationTests {
  private static let file = """
    system: team
    x-key: &key hunter2
    monitoring: {collection_interval: 5s}
    agents:
      - agent_id: planner
        image: example/planner:1.4
        ports: [9000, 9001]
        labels: {example.org/tier: "1"}
        environment: {KEY: *key}
        resources: {cpu_limit: "1"}
        scaling: {min_replicas: 1, max_replicas: 2}
        routing_rules:
          - {subset: canary, weight: 10, port: 9000}
          - {subset: stable, port: 9000}
    storage:
      query_url: http://user:hunter2@mimir/p
    environments:
      prod:
        monitoring: {collection_interval: null}
        agents:
          - agent_id: planner
            resources: {cpu_limit: "2", memory_limit: 4Gi}
            ports: [9000]
          - {agent_id: writer}
    """

  /// `NAME = VALUE, ORIGIN`
  private static func text(_ value: ExplainedValue) -> String {
    var text = "\(value.name) = \(value.value ?? "-"), "
    switch value.origin {
    case .file(let place): text += "line \(place.line)"
    case .overlay(let place, nil): text += "overlay line \(place.line)"
    case .overlay(let place, let replaced?):
      text += "overlay line \(place.line) for \(replaced.value) of line \(replaced.place.line)"
    case .standard(nil): text += "default"
    case .standard(let because?): text += "default: \(because)"
    case .notSet: text += "not set"
    }
    if let away = value.takenAway {
      text += ", line \(away.place.line) took \(away.replaced.value) of line \(away.replaced.place.line) away"
    }
    return text
  }

  struct Case: CustomTestStringConvertible {
    let key: String
    var environment: String?
    let expected: [String]

    var testDescription: String { environment.map { "\(key) in \($0)" } ?? key }
  }

  static let cases = [
    Case(key: "system", expected: ["system = team, line 1"]),
    Case(key: "namespace", expected: ["namespace = multi-agents, default"]),
    Case(
      key: "agents[planner].resources",
      expected: [
        "agents[planner].resources.cpu_request = 100m, default",
        "agents[planner].resources.memory_request = 256Mi, default",
        "agents[planner].resources.cpu_limit = \"1\", line 10",
        "agents[planner].resources.memory_limit = 1Gi, default",
      ]),
    Case(
      key: "agents[0].resources", environment: "prod",
      expected: [
        "agents[planner].resources.cpu_request = 100m, default",
        "agents[planner].resources.memory_request = 256Mi, default",
        "agents[planner].resources.cpu_limit = \"2\", overlay line 22 for \"1\" of line 10",
        "agents[planner].resources.memory_limit = 4Gi, overlay line 22",
      ]),
    Case(
      key: "agents[planner].ports", environment: "prod",
      expected: ["agents[planner].ports = [9000], overlay line 23 for [9000, 9001] of line 7"]),
    Case(
      key: "agents[planner].ports[0]", environment: "prod",
      expected: ["agents[planner].ports[0] = 9000, overlay line 23 for 9000 of line 7"]),
    Case(
      key: "monitoring.collection_interval", environment: "prod",
      expected: ["monitoring.collection_interval = 30s, default, line 19 took 5s of line 3 away"]),
    Case(
      key: "monitoring.collection_timeout",
      expected: ["monitoring.collection_timeout = 5s, default: no longer than monitoring.collection_interval"]),
    Case(
      key: "agents[planner].collection_interval",
      expected: ["agents[planner].collection_interval = 5s, default: that of monitoring.collection_interval"]),
    Case(
      key: "agents[planner].metrics",
      expected: [
        "agents[planner].metrics.port = 9000, default: the first of ports",
        "agents[planner].metrics.path = /metrics, default", "agents[planner].metrics.honor_labels = false, default",
      ]),
    Case(
      key: "agents[planner].scaling.initial_replicas",
      expected: ["agents[planner].scaling.initial_replicas = 2, default: within min_replicas and max_replicas"]),
    Case(key: "agents[planner].tag", expected: ["agents[planner].tag = 1.4, default: the image says it"]),
    Case(
      key: "agents[planner].routing_rules[1].weight",
      expected: ["agents[planner].routing_rules[1].weight = 90, default: what the others of its match leave"]),
    Case(
      key: "agents[planner].routing_rules[0].retry_policy",
      expected: [
        "agents[planner].routing_rules[0].retry_policy = -, not set"
      ]),
    Case(
      key: "agents[planner].labels[\"example.org/tier\"]",
      expected: ["agents[planner].labels[\"example.org/tier\"] = \"1\", line 8"]),
    Case(key: "agents[planner].environment.KEY", expected: ["agents[planner].environment.KEY = <secret>, line 2"]),
    Case(key: "storage.query_url", expected: ["storage.query_url = http://...@mimir/p, line 16"]),
    Case(
      key: "agents[writer].agent_id", environment: "prod",
      expected: ["agents[writer].agent_id = writer, overlay line 24"]),
    Case(key: "agents[writer].progress", environment: "prod", expected: ["agents[writer].progress = -, not set"]),
    Case(key: "external.secrets", expected: ["external.secrets = [], default"]),
  ]

  @Test(arguments: cases) func valuesAreExplained(_ expectation: Case) throws {
    let values = try SystemFile.explain(
      expectation.key, in: Self.file, file: "f", environment: expectation.environment)
    #expect(values.map(Self.text) == expectation.expected)
    #expect(values.allSatisfy { !$0.meaning.isEmpty || $0.path.contains("[") })
  }

  static let mistakes = [
    ("agents[planer].tag", "agents has no item called \"planer\"; did you mean \"planner\"?"),
    ("agents[7]", "agents has no item 7; it has 1"),
    ("agents[planner].resource", "agents[planner] has no key \"resource\"; did you mean \"resources\"?"),
    ("monitorin", "the file has no key \"monitorin\"; did you mean \"monitoring\"?"),
    ("system.name", "system has no key \"name\"; what stands there is the text \"team\""),
    ("", "\"\" is no path: it is empty; write one such as agents[planner].resources.cpu_limit"),
    ("agents[", "\"agents[\" is no path: a \"[\" is not closed; write one such as agents[planner].resources.cpu_limit"),
    (
      "a..b", "\"a..b\" is no path: a key is missing after a dot; write one such as agents[planner].resources.cpu_limit"
    ),
  ]

  @Test(arguments: mistakes) func mistakesAreTold(_ key: String, _ expected: String) {
    #expect {
      try SystemFile.explain(key, in: Self.file, file: "f")
    } throws: { error in
      "\(error)" == "error: \(expected)"
    }
  }

  @Test func everyValueOfAFileIsExplained() throws {
    for key in ["monitoring", "agents", "agents[planner]", "storage", "environments"] {
      for environment in [nil, "prod"] where key != "environments" {
        let values = try SystemFile.explain(key, in: Self.file, file: "f", environment: environment)
        #expect(!values.isEmpty)
        #expect(!values.contains { $0.value?.contains("hunter2") == true })
      }
    }
  }

  @Test func anUnknownEnvironmentIsTold() {
    #expect {
      try SystemFile.explain("system", in: Self.file, file: "f", environment: "prd")
    } throws: { error in
      "\(error)".contains("there is no environment \"prd\"; did you mean \"prod\"?")
    }
  }
}

import DeployPlan
import FleetModel
import Testing

/// What an environment makes of a file, and where it says that it went wrong.
@Suite struct OverlayTests {
  private static let file = """
    system: team
    monitoring: {collection_interval: 15s, retention: 30d}
    agents:
      - agent_id: planner
        image: example/planner
        tag: "1.4"
        ports: [8080, 9090]
        metrics: {port: 9090}
        environment: {MODE: fast, KEY: hunter2}
        resources: {cpu_limit: "1", memory_limit: 2Gi}
      - {agent_id: writer, image: example/writer, tag: "2.0"}
    alert_rules:
      - {name: Down, description: d, condition_type: absence, metric_name: up, window: 1m}
      - {name: Hot, description: d, condition_type: threshold, metric_name: cpu, threshold: 80}
    receivers:
      - name: hook
        webhook_configs: [{url_file: /run/a}]
    environments:
      staging:
        namespace: team-staging
        monitoring: {retention: null}
        agents:
          - agent_id: planner
            tag: "1.5"
            ports: [8080]
            metrics: null
            environment: {MODE: slow}
            resources:
              cpu_limit: "2"
          - {agent_id: critic, image: example/critic, tag: "0.1"}
        alert_rules:
          - {name: Hot, threshold: 95}
        receivers:
          - name: hook
            webhook_configs: [{url_file: /run/b}, {url_file: /run/c}]
      production: {}
    """

  private func system(_ environment: String?) throws -> FleetSystem {
    let reading = SystemFile.read(Self.file, file: "system.yaml", environment: environment)
    #expect(reading.diagnostics.map { "\($0)" } == [])
    return try #require(reading.system)
  }

  @Test func mappingsAreMergedAndListsReplaced() throws {
    let staging = try system("staging")
    #expect(staging.namespace == "team-staging")
    #expect(staging.monitoring.collectionInterval == .seconds(15))
    #expect(staging.monitoring.retention == FleetSystem.Monitoring().retention)
    let planner = try #require(staging.agents.first)
    #expect(planner.image == "example/planner" && planner.tag == "1.5" && planner.ports == [8080])
    #expect(planner.metrics == .port(nil, path: "/metrics"))
    #expect(planner.environment.map(\.name) == ["MODE", "KEY"] && planner.environment[0].value == .text("slow"))
    #expect(planner.resources.cpuLimit == "2" && planner.resources.memoryLimit == "2Gi")
    #expect(staging.environments.isEmpty)
  }

  @Test func thingsWithANameAreMergedByIt() throws {
    let staging = try system("staging")
    #expect(staging.agents.map(\.agentID.name) == ["planner", "writer", "critic"])
    #expect(staging.alertRules.map(\.condition) == [.absence(window: .seconds(60)), .threshold(.greater, 95)])
    #expect(staging.receivers.first?.webhooks.count == 2)
  }

  /// A mapping in the place of a list holds its things under their names.
  @Test func thingsAreNamedOrTakenAwayByTheirNames() throws {
    let overlay = """
        agents: {writer: null, planner: {tag: "1.5"}, critic: {image: example/critic, tag: "0.1"}}
        alert_rules: {Down: null}
      """
    let file =
      Self.file.split(separator: "\nenvironments:")[0] + "\nenvironments:\n  small:\n  "
      + overlay.replacing("\n", with: "\n  ")
    let reading = SystemFile.read(String(file), file: "system.yaml", environment: "small")
    #expect(reading.diagnostics.map { "\($0)" } == [])
    let system = try #require(reading.system)
    #expect(system.agents.map { "\($0.agentID) \($0.tag)" } == ["planner 1.5", "critic 0.1"])
    #expect(system.alertRules.map(\.name) == ["Hot"])
  }

  @Test func anEmptyOverlayChangesNothing() throws {
    var bare = try system(nil)
    bare.environments = [:]
    #expect(try system("production") == bare)
  }

  /// What stands in the overlay that is not chosen is checked all the same, and told where it stands.
  @Test func overlaysAreCheckedWhereNoneIsChosen() throws {
    let reading = SystemFile.read(Self.file, file: "system.yaml")
    #expect(reading.system != nil)
    #expect(reading.environments.keys.sorted() == ["production", "staging"])
    #expect(reading.environments["staging"]?.system == (try system("staging")))
    #expect(reading.environments["staging"]?.places["agents[0].tag"].map { $0.line } == 24)
  }

  struct Mistake: CustomTestStringConvertible {
    let name: String
    let file: String
    var environment: String?
    let expected: [String]

    var testDescription: String { name }
  }

  static let mistakes = [
    Mistake(
      name: "unknown environment", file: "system: t\nenvironments:\n  staging: {}\n", environment: "stagin",
      expected: [
        "3:3: error: environments: there is no environment \"stagin\"; did you mean \"staging\"?"
      ]),
    Mistake(
      name: "no environments", file: "system: t\n", environment: "staging",
      expected: [
        "1:1: error: environments: there is no environment \"staging\"; the file has no environments"
      ]),
    Mistake(
      name: "unknown key at the top", file: "system: t\nenvironments:\n  a: {agent: []}\n",
      expected: ["3:7: error: environments.a: unknown key \"agent\"; did you mean \"agents\"?"]),
    Mistake(
      name: "the same where it is chosen", file: "system: t\nenvironments:\n  a: {agent: []}\n", environment: "a",
      expected: ["3:7: error: environments.a: unknown key \"agent\"; did you mean \"agents\"?"]),
    Mistake(
      name: "unknown key of an agent",
      file: "system: t\nagents: [{agent_id: a}]\nenvironments:\n  x:\n    agents:\n      - {agent_id: a, prots: [1]}\n",
      expected: [
        "6:23: error: agents[0]: in environment x: unknown key \"prots\"; did you mean \"ports\"?"
      ]),
    Mistake(
      name: "a limit below the file's request",
      file: """
        system: t
        agents:
          - agent_id: a
            resources: {cpu_request: 400m}
        environments:
          x:
            agents:
              - agent_id: a
                resources: {cpu_limit: 200m}
        """,
      expected: [
        "4:30: error: agents[0].resources.cpu_request: in environment x: 400m is above cpu_limit 200m; "
          + "lower it or raise the limit"
      ]),
    Mistake(
      name: "a mistake of the file is told once",
      file: "system: t\nagents: [{agent_id: a, ports: [0]}]\nenvironments: {x: {namespace: y}, z: {}}\n",
      expected: ["2:32: error: agents[0].ports[0]: 0 is out of range; give a whole number from 1 to 65535"]),
    Mistake(
      name: "an agent without its id", file: "system: t\nenvironments:\n  x:\n    agents: [{tag: a}]\n",
      expected: ["4:14: error: agents[0]: in environment x: lacks the required key \"agent_id\""]),
    Mistake(
      name: "an agent without its id beside others",
      file: "system: t\nagents: [{agent_id: a}]\nenvironments:\n  x:\n    agents: [{tag: a}]\n",
      expected: [
        "5:14: error: environments.x.agents[0]: lacks the key \"agent_id\", which says what it is laid onto; "
          + "give the agent_id of one of the agents, or a new one"
      ]),
    Mistake(
      name: "an agent overlaid twice",
      file: "system: t\nagents: [{agent_id: a}]\nenvironments:\n  x:\n    agents: [{agent_id: a}, {agent_id: a}]\n",
      expected: ["5:29: error: environments.x.agents[1]: \"a\" is overlaid twice; make one of the two"]),
    Mistake(
      name: "a series recorded twice",
      file: """
        system: t
        recording_rules:
          - {record: r, expr: a, labels: {x: "1"}}
          - {record: r, expr: a, labels: {x: "2"}}
        environments:
          x:
            recording_rules: [{record: r, expr: b}]
        """,
      expected: [
        "7:23: error: environments.x.recording_rules[0]: 2 of the recording_rules are called \"r\": "
          + "which is meant cannot be told; give each a name of its own"
      ]),
    Mistake(
      name: "taking away what is not there",
      file: "system: t\nmonitoring: {retention: 1d}\nenvironments:\n  x:\n    monitoring: {retentoin: null}\n",
      expected: [
        "5:18: error: environments.x.monitoring.retentoin: takes away what the file does not have; "
          + "did you mean \"retention\"?"
      ]),
    Mistake(
      name: "taking away what is required",
      file: "system: t\nagents: [{agent_id: a, progress: {metric: m}}]\nenvironments:\n  x:\n"
        + "    agents: [{agent_id: a, progress: {metric: null}}]\n",
      expected: ["2:34: error: agents[0].progress: in environment x: lacks the required key \"metric\""]),
    Mistake(
      name: "an environment without a value", file: "system: t\nenvironments:\n  x:\n",
      expected: ["3:3: error: environments.x: has no value; write \"\" for an empty text, or remove the key"]),
    Mistake(
      name: "another kind of value",
      file: "system: t\nmonitoring: {retention: 1d}\nenvironments:\n  x: {monitoring: 5}\n",
      expected: [
        "4:19: error: monitoring: in environment x: expected a mapping, found the number 5; "
          + "give it keys such as \"collection_interval\""
      ]),
    Mistake(
      name: "too many environments",
      file: "system: t\nenvironments:\n" + (0..<65).map { "  e\($0): {}\n" }.joined(),
      expected: ["3:3: error: environments: 65 environments are more than 64; write a file of their own for some"]),
  ]

  @Test(arguments: mistakes) func mistakesAreTold(_ mistake: Mistake) {
    let reading = SystemFile.read(mistake.file, file: "f", environment: mistake.environment)
    #expect(reading.system == nil)
    #expect(reading.diagnostics.map { "\($0)" } == mistake.expected.map { "f:\($0)" })
  }

  /// A file that stands only with its overlay is taken with it.
  @Test func anOverlayMayMendTheFile() {
    let file =
      "system: t\nagents: [{agent_id: a, ports: [9000], metrics: {port: 1}}]\n"
      + "environments: {x: {agents: [{agent_id: a, metrics: {port: 9000}}]}}\n"
    #expect(SystemFile.read(file, file: "f").system == nil)
    #expect(SystemFile.read(file, file: "f", environment: "x").system != nil)
  }

  @Test func whatIsShownIsTheOverlaidFile() throws {
    let shown = try #require(SystemFile.shown(Self.file, environment: "staging"))
    #expect(shown.contains("namespace: team-staging") && shown.contains("tag: \"1.5\""))
    #expect(!shown.contains("environments") && !shown.contains("hunter2"))
  }
}

import DeployPlan
import FleetModel
import SystemPackage
import Testing

@testable import LocalRuntime

@Suite struct VariableReferencesTests {
  @Test(arguments: [
    ("", ""), ("plain", "plain"), ("$(PORT)", "8080"), ("--port=$(PORT)/$(AGENT_ID)", "--port=8080/planner"),
    ("$$(PORT)", "$(PORT)"), ("$$$(PORT)", "$8080"), ("$$$$", "$$"), ("$(UNKNOWN)", "$(UNKNOWN)"), ("$PORT", "$PORT"),
    ("$(PORT", "$(PORT"), ("$", "$"), ("a$", "a$"), ("$()", "$()"), ("$(NEST)", "$(PORT)"), ("$((PORT))", "$((PORT))"),
    ("ü$(PORT)ü", "ü8080ü"),
  ])
  func expandsAsKubernetesDoes(text: String, expected: String) {
    let variables = ["PORT": "8080", "AGENT_ID": "planner", "NEST": "$(PORT)"]
    #expect(VariableReferences.expand(text, with: variables) == expected)
  }
}

@Suite struct LaunchSettingsTests {
  func request(_ change: (inout AgentSpec) -> Void) throws -> LaunchRequest {
    var spec = AgentSpec(agentID: try AgentID("planner"))
    spec.command = ["run", "--port", "$(PORT)", "$(GREETING)", "$(HOME)"]
    change(&spec)
    let settings = LaunchSettings(
      namespace: "bees", workingDirectory: "/work", logDirectory: "/logs",
      baseEnvironment: ["OTEL": "http://x", "GREETING": "base"],
      inherited: ["HOME": "/root", "SKEP_TOKEN": "s3cret", "OPENAI_API_KEY": "key", "PORT": "1"])
    return try settings.request(for: spec, ordinal: 1, port: 4_242)
  }

  @Test func putsTheEnvironmentTogether() throws {
    let request = try request {
      $0.environment = [
        .init(name: "GREETING", value: .text("hi $(AGENT_ID) $(OTEL) $(LATER)")),
        .init(name: "LATER", value: .text("$(GREETING)!")),
        .init(name: "PORT", value: .text("9")),
        .init(name: "TOKEN", value: .secret(name: "openai", key: "api-key")),
      ]
    }
    #expect(
      request.environment == [
        "AGENT_ID": "planner", "NAMESPACE": "bees", "PORT": "4242", "DRAIN_TIMEOUT": "30",
        "OTEL": "http://x", "HOME": "/root",
        "GREETING": "hi planner http://x $(LATER)", "LATER": "hi planner http://x $(LATER)!", "TOKEN": "key",
        "OPENAI_API_KEY": "key",
      ])
    #expect(request.arguments == ["run", "--port", "4242", "hi planner http://x $(LATER)", "$(HOME)"])
    #expect(request.logFile == "/logs/planner-1.log")
  }

  @Test func namesTheVariableThatWouldHoldASecret() throws {
    let problem = #expect(throws: LaunchProblem.self) {
      try request { $0.environment = [.init(name: "MODEL", value: .configMap(name: "models.v2", key: "big one"))] }
    }
    #expect(
      problem?.description
        == "environment MODEL: config map \"models.v2\", key \"big one\" is not known on this machine;"
        + " start skep with MODELS_V2_BIG_ONE set to its value")
  }

  @Test(arguments: [["run", "a\0b"], [""], []]) func refusesCommandsThatAreNone(command: [String]) {
    #expect(throws: LaunchProblem.self) { try request { $0.command = command } }
  }
}

@Suite struct InstancePortsTests {
  func spec(_ name: String, ports: [Int], replicas: Int? = nil) throws -> AgentSpec {
    var spec = AgentSpec(agentID: try AgentID(name))
    spec.command = ["x"]
    spec.ports = ports
    if let replicas {
      spec.scaling.initialReplicas = replicas
      spec.scaling.initialReplicasGiven = true
    }
    return spec
  }

  @Test func givesADeclaredPortOnlyToTheOneThatClaimsIt() throws {
    var system = FleetSystem(name: "s")
    system.agents = [
      try spec("alone", ports: [7001, 7002]), try spec("twins", ports: [7003], replicas: 2),
      try spec("a", ports: [7004]), try spec("b", ports: [7004]), try spec("none", ports: []),
      try spec("second", ports: [7002]),
    ]
    var elsewhere = try spec("elsewhere", ports: [7001])
    elsewhere.command = []
    system.agents.append(elsewhere)
    #expect(InstancePorts.preferred(in: system) == [try AgentID("alone"): 7001, try AgentID("second"): 7002])
    #expect(system.agents.map(InstancePorts.count) == [1, 2, 1, 1, 1, 1, 1])
  }

  @Test(arguments: [
    ([9000], 8080, 5000), ([8080], 8080, 5000), ([9000, 8080], 8080, 8080), ([9000, 9001], 9001, 9001),
    ([9000], 9000, 5000), ([9000], 9999, 9999), ([], 8080, 5000),
  ])
  func followsTheAssignedPort(declared: [Int], health: Int, expected: Int) throws {
    let spec = try spec("a", ports: declared)
    #expect(InstancePorts.actual(health, of: spec, assigned: 5_000) == expected)
  }

  @Test(arguments: [
    (AgentSpec.MetricsEndpoint.port(nil, path: "/metrics"), "http://127.0.0.1:5000/metrics"),
    (.port(9000, path: "stats"), "http://127.0.0.1:5000/stats"),
    (.port(9001, path: "/m"), "http://127.0.0.1:9001/m"),
    (.url("http://localhost:9000/x"), "http://localhost:5000/x"),
    (.url("http://localhost:90001/x"), "http://localhost:90001/x"),
    (.url("http://elsewhere:9000/x"), "http://elsewhere:9000/x"),
    (.url("http://127.0.0.1:9000"), "http://127.0.0.1:5000"),
  ])
  func findsTheMetrics(endpoint: AgentSpec.MetricsEndpoint, expected: String) throws {
    var spec = try spec("a", ports: [9_000, 9_001])
    spec.metrics = endpoint
    #expect(InstancePorts.metricsURL(of: spec, assigned: 5_000) == expected)
  }
}

@Suite struct GuardianMessagesTests {
  @Test(arguments: [
    ("", []), ("+5\n", [5]), ("+5\n+6\n-5\n", [6]), ("+5\n+6", [5]), ("-5\n", []), ("+0\n+1\n+-7\n+x\n\n?9\n", []),
    ("+99999999999\n+12\n", [12]),
  ])
  func keepsTheGroups(text: String, expected: [Int32]) {
    let groups = Set(expected)
    var whole = GuardianMessages()
    whole.receive(text.utf8)
    #expect(whole.groups == groups)
    var pieces = GuardianMessages()
    for byte in text.utf8 { pieces.receive([byte]) }
    #expect(pieces.groups == groups)
  }
}

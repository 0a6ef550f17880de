import ClusterControl
import DeployPlan
import FleetModel
import Testing

@Suite struct DiscoveredPodsTests {
  private static func pod(
    _ name: String, agent: String = "planner", uid: String = "1", ip: String = "10.0.0.1", ready: Bool = true,
    restarts: Int = 0, deleted: Bool = false, running: Bool = true
  ) -> LiveObject {
    var metadata: [JSONValue.Member] = [
      .init(key: "name", value: .string(name)), .init(key: "uid", value: .string(uid)),
      .init(
        key: "labels", value: ["app": "multi-agent-system", "agent-id": .string(agent), "skep.dev/revision": "r7"]),
    ]
    if deleted { metadata.append(.init(key: "deletionTimestamp", value: "2026-11-23T00:00:00Z")) }
    let state: JSONValue = running ? ["running": [:]] : ["terminated": [:]]
    return LiveObject([
      "apiVersion": "v1", "kind": "Pod", "metadata": .object(metadata),
      "spec": [
        "containers": [
          ["name": "istio-proxy", "ports": [["name": "http-envoy-prom", "containerPort": 15090]]],
          [
            "name": .string("agent-\(agent)"),
            "ports": [["name": "port-8080", "containerPort": 8080], ["name": "metrics", "containerPort": 9000]],
          ],
        ]
      ],
      "status": [
        "phase": "Running", "podIP": .string(ip),
        "conditions": [["type": "Ready", "status": .string(ready ? "True" : "False")]],
        "containerStatuses": [
          ["name": .string("agent-\(agent)"), "restartCount": .number(Double(restarts)), "state": state]
        ],
      ],
    ])
  }

  private static func system() throws -> FleetSystem {
    var system = FleetSystem(name: "lab")
    var planner = AgentSpec(agentID: try AgentID("planner"))
    planner.metrics = .port(9000, path: "/stats")
    planner.labels = ["team": "research"]
    planner.collectionInterval = .seconds(7)
    system.agents = [planner]
    return system
  }

  private static func instances(_ pods: DiscoveredPods) throws -> [String] {
    pods.targets(for: try system()).map { "\($0.agentID) \($0.instance)" }
  }

  @Test func aReadyPodIsAnInstance() throws {
    var pods = DiscoveredPods()
    pods.take(.initial([Self.pod("a"), Self.pod("b", agent: "stranger", ip: "fd00::7")]))
    let targets = pods.targets(for: try Self.system())
    #expect(targets.map(\.instance) == ["10.0.0.1:9000", "[fd00::7]:9000"])
    #expect(targets.map(\.metricsEndpoint) == ["http://10.0.0.1:9000/stats", "http://[fd00::7]:9000/metrics"])
    #expect(targets[0].labels == ["team": "research", "revision": "r7"])
    #expect(targets[0].interval == .seconds(7))
    #expect(targets.allSatisfy { $0.healthEndpoint == nil && $0.pid == nil })
  }

  @Test func onePodsLife() throws {
    var pods = DiscoveredPods()
    pods.take(.applied(Self.pod("a", ip: "", ready: false)))
    #expect(try Self.instances(pods) == [], "it has no address yet")
    pods.take(.applied(Self.pod("a", ready: false)))
    #expect(try Self.instances(pods) == [], "it opens its port")
    pods.take(.applied(Self.pod("a")))
    #expect(try Self.instances(pods) == ["planner 10.0.0.1:9000"])
    pods.take(.applied(Self.pod("a", ready: false)))
    #expect(try Self.instances(pods).count == 1, "whoever fails is seen to fail")
    pods.take(.interrupted(ClusterError(.unreachable, request: "WATCH", message: "down")))
    #expect(try Self.instances(pods).count == 1, "an API server that is away takes nothing away")
    pods.take(.applied(Self.pod("a", ready: false, deleted: true)))
    #expect(try Self.instances(pods).count == 1, "it drains")
    pods.take(.applied(Self.pod("a", ready: false, deleted: true, running: false)))
    #expect(try Self.instances(pods) == [], "the proxy alone is left")
    pods.take(.deleted(Self.pod("a")))
    #expect(try Self.instances(pods) == [])
  }

  @Test func aSecondPodOfTheSameNameStartsAnew() throws {
    var pods = DiscoveredPods()
    pods.take(.initial([Self.pod("a")]))
    pods.take(.applied(Self.pod("a", uid: "2", ready: false)))
    #expect(try Self.instances(pods) == [])
    pods.take(.applied(Self.pod("a", uid: "2", ready: false, restarts: 1)))
    #expect(try Self.instances(pods).count == 1, "one that crashes is seen")
  }

  @Test func aNewListTakesAwayWhatIsNotInIt() throws {
    var pods = DiscoveredPods()
    pods.take(.initial([Self.pod("a"), Self.pod("b", ip: "10.0.0.2")]))
    pods.take(.initial([Self.pod("b", ip: "10.0.0.2", ready: false)]))
    #expect(try Self.instances(pods) == ["planner 10.0.0.2:9000"], "and remembers who had been ready")
  }

  @Test func whoseMetricsTheFileNamesIsNotFoundTwice() throws {
    var system = try Self.system()
    system.agents[0].metrics = .url("http://elsewhere:1/metrics")
    var pods = DiscoveredPods()
    pods.take(.initial([Self.pod("a")]))
    #expect(pods.targets(for: system) == [])
  }

  @Test func aRecordIsAMark() throws {
    var record = DeployRecord(
      id: try #require(DeploymentID("deploy-20261123-204501")), system: "lab", namespace: "lab", state: .deployed,
      by: "kim", startedAt: Timestamp(milliseconds: 1_000),
      agents: ["planner": .init(revision: "r7", image: "planner:2", state: .ready)])
    record.endedAt = Timestamp(milliseconds: 9_000)
    let map = LiveObject(["metadata": ["name": "skep-x"], "data": ["record.json": .string(record.json.description)]])
    let mark = try DeploymentMark(configMap: map)
    #expect(
      mark
        == DeploymentMark(
          id: "deploy-20261123-204501", system: "lab", state: "deployed", by: "kim",
          startedAt: Timestamp(milliseconds: 1_000), endedAt: Timestamp(milliseconds: 9_000),
          agents: ["planner": .init(revision: "r7", image: "planner:2", state: "ready")]))
    for broken: JSONValue in ["{", "{}", "[]"] {
      #expect(throws: DeployRecordError.self) {
        try DeploymentMark(configMap: LiveObject(["metadata": [:], "data": ["record.json": broken]]))
      }
    }
    #expect(throws: DeployRecordError.self) { try DeploymentMark(configMap: LiveObject(["metadata": [:]])) }
  }

  @Test func theOneInForceIsTheLastThatWasKept() {
    func mark(_ id: String, _ at: Int64, _ state: String) -> DeploymentMark {
      DeploymentMark(id: id, system: "lab", state: state, by: "", startedAt: Timestamp(milliseconds: at))
    }
    let marks = [mark("c", 30, "deployed"), mark("b", 20, "rolled_back"), mark("a", 10, "superseded")]
    let inForce = { marks.inForce(at: Timestamp(milliseconds: $0))?.id }
    #expect(inForce(9) == nil)
    #expect(inForce(10) == "a")
    #expect(inForce(25) == "a")
    #expect(inForce(99) == "c")
  }
}

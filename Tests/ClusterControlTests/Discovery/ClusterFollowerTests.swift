import ClusterControl
import DeployPlan
import FleetModel
import Platform
import Testing

/// The follower against a server that breaks off: what it tells is what there is.
@Suite struct ClusterFollowerTests {
  private static let discovery: JSONValue = [
    "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2",
    "items": [
      [
        "metadata": [:],
        "versions": [["version": "v1", "resources": [resource("pods", "Pod"), resource("configmaps", "ConfigMap")]]],
      ]
    ],
  ]

  private static func resource(_ plural: String, _ kind: String) -> JSONValue {
    [
      "resource": .string(plural), "responseKind": ["group": "", "version": "", "kind": .string(kind)],
      "scope": "Namespaced", "verbs": ["get", "list", "watch"],
    ]
  }

  private static func pod(_ name: String, _ address: String) -> JSONValue {
    [
      "kind": "Pod", "apiVersion": "v1",
      "metadata": [
        "name": .string(name), "namespace": "lab", "resourceVersion": "11", "uid": .string(name),
        "labels": ["app": "multi-agent-system", "agent-id": "planner"],
      ],
      "spec": ["containers": [["name": "agent-planner", "ports": [["name": "metrics", "containerPort": 9000]]]]],
      "status": ["podIP": .string(address), "conditions": [["type": "Ready", "status": "True"]]],
    ]
  }

  private static func record(_ state: DeployRecord.State, id: String) throws -> JSONValue {
    let record = DeployRecord(
      id: try #require(DeploymentID(id)), system: "lab", namespace: "lab", state: state,
      startedAt: Timestamp(milliseconds: 1_000))
    return [
      "kind": "ConfigMap", "apiVersion": "v1",
      "metadata": ["name": .string("skep-\(id)"), "namespace": "lab", "resourceVersion": "12", "uid": .string(id)],
      "data": ["record.json": .string(record.json.description)],
    ]
  }

  private static func list(_ kind: String, _ items: JSONValue...) -> Reply {
    .json([
      "kind": .string("\(kind)List"), "apiVersion": "v1", "metadata": ["resourceVersion": "10"],
      "items": .array(items),
    ])
  }

  private static func line(_ type: String, _ object: JSONValue) -> [UInt8] {
    Array("\(JSONValue.object([.init(key: "type", value: .string(type)), .init(key: "object", value: object)]))\n".utf8)
  }

  @Test func tellsOfPodsAndDeployments() async throws {
    let id = "deploy-20261123-204501"
    let (applying, deployed) = (try Self.record(.applying, id: id), try Self.record(.deployed, id: id))
    let broken: JSONValue = ["metadata": ["name": "skep-broken", "resourceVersion": "12"], "data": [:]]
    let counter = Counter()
    let script: ReplayServer.Script = { request in
      let isWatch = request.query["watch"] == "true"
      switch request.place {
      case "/api", "/apis": return .json(Self.discovery)
      case "/api/v1/namespaces/lab/pods":
        guard request.query["labelSelector"] == "app=multi-agent-system" else {
          return .status(400, reason: "BadRequest")
        }
        if !isWatch { return Self.list("Pod", Self.pod("a", "10.0.0.1")) }
        return counter.next("pods") == 0
          ? .stream([Self.line("ADDED", Self.pod("b", "10.0.0.2"))], then: .cut)
          : .stream([Self.line("DELETED", Self.pod("a", "10.0.0.1"))], then: .silence)
      case "/api/v1/namespaces/lab/configmaps":
        guard request.query["labelSelector"] == "skep.dev/record=lab" else { return .status(400, reason: "BadRequest") }
        if !isWatch { return Self.list("ConfigMap", broken, applying) }
        return .stream([Self.line("MODIFIED", deployed), Self.line("DELETED", deployed)], then: .silence)
      default: return .status(404, reason: "NotFound")
      }
    }
    try await ReplayServer.with(script) { server in
      let client = try ClusterClient(ClusterConnection(server: server.url), settings: .patient())
      let (news, told) = AsyncStream.makeStream(of: ClusterFollower.News.self)
      let follower = ClusterFollower(client, namespace: "lab", system: "lab", time: SystemTime()) { told.yield($0) }
      var instances: [[String]] = []
      var states: [String] = []
      var troubles = 0
      let run = Task { await follower.run() }
      for await item in news {
        switch item {
        case .pods(let pods): instances.append(pods.targets(for: FleetSystem(name: "lab")).map(\.instance))
        case .deployment(let mark): states.append("\(mark.id) \(mark.state)")
        case .trouble(let text): if text.contains("record.json") { troubles += 1 }
        }
        if instances.last == ["10.0.0.2:9000"], states.count == 2 { break }
      }
      run.cancel()
      await run.value
      await client.shutdown()
      #expect(instances == [["10.0.0.1:9000"], ["10.0.0.1:9000", "10.0.0.2:9000"], ["10.0.0.2:9000"]])
      #expect(states == ["\(id) applying", "\(id) deployed"])
      #expect(troubles == 1, "what is no record is named, and keeps nothing else from being told")
    }
  }
}

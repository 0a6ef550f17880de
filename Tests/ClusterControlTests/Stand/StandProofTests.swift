import ClusterStand
import DeployPlan
import FleetModel
import NIOHTTP1
import Testing

/// Where the proof says that an apply would change nothing, it changes nothing.
struct StandProofTests {
  /// A row of numbers that the seed fixes.
  private struct Row: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  private static func object(_ members: [(String, JSONValue?)]) -> JSONValue {
    .object(members.compactMap { key, value in value.map { JSONValue.Member(key: key, value: $0) } })
  }

  private static func labels(_ row: inout Row) -> JSONValue? {
    switch Int.random(in: 0..<4, using: &row) {
    case 0: nil
    case 1: [:]
    case 2: ["a": "1"]
    default: ["a": "1", "b": .string("\(Int.random(in: 0..<2, using: &row))")]
    }
  }

  private static func configMap(_ row: inout Row) -> JSONValue {
    let metadata = object([("name", "it"), ("namespace", "default"), ("labels", labels(&row))])
    return object([
      ("apiVersion", "v1"), ("kind", "ConfigMap"), ("metadata", metadata), ("data", labels(&row)),
      ("immutable", Int.random(in: 0..<6, using: &row) == 0 ? .null : nil),
    ])
  }

  private static func service(_ row: inout Row) -> JSONValue {
    let all: [JSONValue] = [
      ["name": "a", "port": 80], ["name": "a", "port": 80, "protocol": "TCP"], ["name": "b", "port": 81],
      ["name": "b", "port": 81, "targetPort": "http"], ["name": "c", "port": 82, "targetPort": 82],
    ]
    var ports: [JSONValue] = []
    for port in all.shuffled(using: &row) where !ports.contains(where: { $0["name"] == port["name"] }) {
      if ports.isEmpty || Bool.random(using: &row) { ports.append(port) }
    }
    let spec = object([("selector", labels(&row)), ("ports", .array(ports))])
    let metadata = object([("name", "it"), ("namespace", "default"), ("labels", labels(&row))])
    return object([("apiVersion", "v1"), ("kind", "Service"), ("metadata", metadata), ("spec", spec)])
  }

  private static func deployment(_ row: inout Row) -> JSONValue {
    func pick(_ values: [JSONValue?]) -> JSONValue? { values.randomElement(using: &row) ?? nil }
    let container = object([
      ("name", "web"), ("image", pick(["a:1", "a:2"])), ("args", pick([nil, [], ["-v"]])),
      ("env", pick([nil, [["name": "A", "value": "1"]], [["name": "B"], ["name": "A", "value": "1"]]])),
      ("resources", pick([nil, [:], ["requests": ["cpu": "1"]], ["requests": ["cpu": "1000m"]]])),
    ])
    let template: JSONValue = ["metadata": ["labels": ["app": "web"]], "spec": ["containers": [container]]]
    let spec = object([
      ("replicas", pick([nil, 1, 2])), ("selector", ["matchLabels": ["app": "web"]]), ("template", template),
    ])
    let metadata = object([("name", "it"), ("namespace", "default"), ("labels", labels(&row))])
    return object([("apiVersion", "apps/v1"), ("kind", "Deployment"), ("metadata", metadata), ("spec", spec)])
  }

  @Test(arguments: ["ConfigMap", "Service", "Deployment"])
  func theProofNeverLies(kind: String) async throws {
    let stand = try await ControllerTests.standing()
    let path =
      switch kind {
      case "ConfigMap": "/api/v1/namespaces/default/configmaps/it"
      case "Service": "/api/v1/namespaces/default/services/it"
      default: "/apis/apps/v1/namespaces/default/deployments/it"
      }
    func apply(_ object: JSONValue, by manager: String) async throws -> Int {
      try await StandServerTests.ask(
        stand, .PATCH, "\(path)?force=true&fieldManager=\(manager)", String(decoding: object.bytes, as: UTF8.self),
        type: "application/apply-patch+yaml"
      ).0
    }
    func live() -> JSONValue? {
      stand.object(apiVersion: kind == "Deployment" ? "apps/v1" : "v1", kind: kind, namespace: "default", name: "it")
    }
    var row = Row(state: 7)
    var proofs = 0
    var last: JSONValue?
    for round in 0..<250 {
      var desired =
        switch kind {
        case "ConfigMap": Self.configMap(&row)
        case "Service": Self.service(&row)
        default: Self.deployment(&row)
        }
      if let last, Int.random(in: 0..<3, using: &row) == 0 { desired = last }
      let manager = Int.random(in: 0..<5, using: &row) == 0 ? "other" : "skep"
      let before = live()
      let isProven =
        before.map { UnchangedProof.isSurelyUnchanged(desired: desired, live: LiveObject($0), manager: manager) }
        ?? false
      let status = try await apply(desired, by: manager)
      if isProven {
        proofs += 1
        #expect(status == 200, "round \(round): \(desired)")
        #expect(
          live()?["metadata"]?["resourceVersion"] == before?["metadata"]?["resourceVersion"],
          "round \(round) by \(manager): \(desired)")
      }
      if status < 300 { last = desired }
    }
    // A proof that is never given proves nothing.
    #expect(proofs > 10)
    await stand.stop()
  }
}

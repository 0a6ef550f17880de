import DeployPlan
import FleetModel
import Testing

@Suite struct DeployRecordTests {
  static func record() -> DeployRecord {
    let start = Timestamp(milliseconds: 1_795_467_000_000)
    var record = DeployRecord(
      id: DeploymentID(at: start), system: "shop", namespace: "multi-agents", state: .rolledBack, by: "jo@example.org",
      file: "system.yaml", fileHash: "ab12", startedAt: start, skepVersion: "0.8.0")
    record.endedAt = start + .seconds(61)
    record.environment = "staging"
    record.rollbackOf = DeploymentID("deploy-20261101-000000")
    let id = Manifest.ID(group: "apps", kind: "Deployment", namespace: "multi-agents", name: "agent-search")
    record.agents = [
      "search": .init(revision: "0123456789", image: "search:1", manifests: [id], state: .failed, replicas: 2)
    ]
    record.adopted = [Manifest.ID(group: "", kind: "Namespace", namespace: "", name: "multi-agents")]
    record.createdNamespace = true
    record.errors = ["agent search: gave up"]
    record.unknown = [.init(key: "canary", value: ["share": 5])]
    return record
  }

  @Test func comesBackAsItWas() throws {
    let record = Self.record()
    let text = "\(record.json)"
    #expect(try DeployRecord(json: JSONParser.parse(Array(text.utf8))) == record)
    for state in ["applying", "deployed", "failed", "rolled_back", "interrupted", "superseded", "of-tomorrow"] {
      #expect(DeployRecord.State(state).text == state)
    }
  }

  @Test func theNamesOfTheKeysStay() {
    let text = "\(Self.record().json)"
    let expected = """
      {"deployment_id":"deploy-20261123-205000","system":"shop","namespace":"multi-agents","state":"rolled_back",\
      "by":"jo@example.org","file":"system.yaml","file_sha256":"ab12","started_at":"2026-11-23T20:50:00.000Z",\
      "ended_at":"2026-11-23T20:51:01.000Z","environment":"staging","rollback_of":"deploy-20261101-000000",\
      "agents":{"search":{"revision":"0123456789","image":"search:1",\
      "manifests":["apps/Deployment/multi-agents/agent-search"],"state":"failed","replicas":2}},\
      "adopted":["/Namespace//multi-agents"],"created_namespace":true,"errors":["agent search: gave up"],\
      "skep_version":"0.8.0","canary":{"share":5}}
      """
    #expect(text == expected)
  }

  /// Whatever a cluster holds under our name: read, or refused with the key; never a crash.
  @Test func whateverStandsThere() {
    for changed in Self.record().json.mutations { _ = try? DeployRecord(json: changed) }
    #expect(throws: DeployRecordError.self) { try DeployRecord(json: "text") }
    #expect(throws: DeployRecordError.self) {
      try DeployRecord(json: ["deployment_id": "deploy-1", "system": "a", "namespace": "b", "state": "c"])
    }
  }

  @Test(arguments: [
    "", "deploy", "deploy-20261123-2045", "deploy-20261323-204501", "deploy-20261123-256001",
    "deploy-20261123-204501-1",
    "deploy-2026112a-204501", "Deploy-20261123-204501", "deploy-２0261123-204501", "deploy-20260230-000000",
  ])
  func noNames(text: String) { #expect(DeploymentID(text) == nil) }

  @Test func names() throws {
    let time = Timestamp(milliseconds: 1_795_467_901_999)
    let id = DeploymentID(at: time)
    #expect(id.text == "deploy-20261123-210501")
    #expect(DeploymentID(id.text) == id)
    #expect(id.time == Timestamp(milliseconds: 1_795_467_901_000))
    #expect(DeploymentID(at: time + .seconds(1)) > id)
  }

  @Test(arguments: GoldenFiles.names)
  func namesOfObjectsComeBack(golden: String) throws {
    let manifests = try Rendering(of: try GoldenFiles.system(golden)).manifests
    for manifest in manifests { #expect(Manifest.ID(path: manifest.id.path) == manifest.id) }
    for (_, agent) in DeployRecord.agents(of: manifests) {
      #expect(agent.revision.count == 10)
      #expect(!agent.image.isEmpty)
      #expect(agent.manifests.contains { $0.kind == "Deployment" })
    }
    #expect(Manifest.ID(path: "a/b/c") == nil)
    #expect(Manifest.ID(path: "//n/x") == nil)
  }
}

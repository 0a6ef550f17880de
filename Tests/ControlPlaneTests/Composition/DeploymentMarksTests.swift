import DeployPlan
import FleetModel
import Logging
import Platform
import SpanStore
import SystemPackage
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct DeploymentMarksTests {
  private static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

  private static func mark(_ second: Int64, state: String = "deployed", revision: String = "r1") -> DeploymentMark {
    DeploymentMark(
      id: "deploy-\(second)", system: "lab", state: state, by: "kim",
      startedAt: Timestamp(milliseconds: second * 1_000),
      endedAt: state == "applying" ? nil : Timestamp(milliseconds: second * 1_000 + 500), rollbackOf: nil,
      agents: ["planner": .init(revision: revision, image: "planner:1", state: "ready")])
  }

  @Test func whatBecameOfADeploymentIsKeptOverARestart() async throws {
    let scratch = try ScratchDirectory()
    let file = scratch.path.appending("deployments.json")
    let marks = try DeploymentMarks(file: file, logger: Self.silent)
    #expect(marks.all == [])
    await marks.put(Self.mark(20, state: "applying"))
    await marks.put(Self.mark(10))
    await marks.put(Self.mark(20))
    await marks.put(Self.mark(20))
    #expect(marks.all == [Self.mark(20), Self.mark(10)])
    let again = try DeploymentMarks(file: file, logger: Self.silent)
    #expect(again.all == marks.all)
    #expect(again.inForce(at: Timestamp(milliseconds: 15_000))?.id == "deploy-10")
    #expect(again.inForce(at: Timestamp(milliseconds: 5_000)) == nil)
  }

  @Test func theOldestAreForgotten() async throws {
    let marks = try DeploymentMarks(file: nil, logger: Self.silent)
    for second in 0..<(Int64(DeploymentMarks.most) + 3) { await marks.put(Self.mark(second)) }
    #expect(marks.all.count == DeploymentMarks.most)
    #expect(marks.all.last == Self.mark(3))
  }

  @Test func aDamagedFileIsSetAside() throws {
    let scratch = try ScratchDirectory()
    let file = try scratch.write("deployments.json", "{\"deployments\":[{}]}")
    let marks = try DeploymentMarks(file: file, logger: Self.silent)
    #expect(marks.all == [])
    #expect(try StateFile(file).read() == nil)
  }

  @Test func theAPIListsThem() async throws {
    let marks = try DeploymentMarks(file: nil, logger: Self.silent)
    await marks.put(Self.mark(10))
    await marks.put(Self.mark(20, state: "applying", revision: "r2"))
    try await ServerHarness.with(routes: DeploymentRoutes(marks: marks).routes) { server in
      let all = try await server.ask("GET", "/fleet/v1/deployments")
      #expect(all.status == 200)
      let list = try FleetJSON.decode(FleetAPI.DeploymentList.self, from: all.body.utf8)
      #expect(list.deployments.map(\.deploymentID) == ["deploy-20", "deploy-10"])
      #expect(list.deployments.first?.agents["planner"]?.revision == "r2")
      #expect(all.body.contains("\"ended_at\":null"))
      let one = try await server.ask("GET", "/fleet/v1/deployments?limit=1")
      #expect(try FleetJSON.decode(FleetAPI.DeploymentList.self, from: one.body.utf8).deployments.count == 1)
    }
  }

  /// A trace says which deployment was in force when it began, and which revisions of its agents.
  @Test func aTraceNamesTheDeploymentInForce() async throws {
    let marks = try DeploymentMarks(file: nil, logger: Self.silent)
    let hour = TraceRouteTests.hour
    let seconds = hour / 1_000_000_000
    await marks.put(Self.mark(seconds - 60, revision: "r1"))
    await marks.put(Self.mark(seconds + 60, revision: "r2"))
    let store = MemorySpanStore()
    let before = try TraceRouteTests.request(1, at: hour)
    let after = try TraceRouteTests.request(2, at: hour + 120_000_000_000)
    let long = try TraceRouteTests.request(3, at: hour - 7_200_000_000_000)
    try await store.append(try #require(SpanBatch(before + after + long)))
    let service = TraceService(reader: store, prices: PriceTable(), marks: marks, time: SystemTime())
    try await ServerHarness.with(routes: TraceRoutes.all(service)) { server in
      for (spans, id, revision) in [(before, seconds - 60, "r1"), (after, seconds + 60, "r2")] {
        let answer = try await server.ask("GET", "/fleet/v1/traces/\(spans[0].traceID)/analysis")
        let analysis = try FleetJSON.decode(FleetAPI.TraceAnalysis.self, from: answer.body.utf8)
        #expect(analysis.deployment?.deploymentID == "deploy-\(id)")
        #expect(analysis.deployment?.revisions == ["planner": revision])
      }
      let answer = try await server.ask("GET", "/fleet/v1/traces/\(long[0].traceID)/analysis")
      #expect(try FleetJSON.decode(FleetAPI.TraceAnalysis.self, from: answer.body.utf8).deployment == nil)
    }
  }
}

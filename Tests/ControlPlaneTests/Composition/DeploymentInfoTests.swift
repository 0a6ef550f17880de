import DeployPlan
import FleetModel
import Logging
import Platform
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// Which revisions are in force, as series and as marks of a local fleet.
@Suite struct DeploymentInfoTests {
  private static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

  /// Keeps what was appended, by labels.
  private final class Appended: SampleAppender {
    private struct State {
      var labels: [LabelSet] = []
      var values: [[LabelSet: Double]] = []
    }

    private let state = Mutex(State())

    var rounds: [[LabelSet: Double]] { state.withLock { $0.values } }

    func reference(for labels: LabelSet) throws(AppendError) -> SeriesRef {
      state.withLock { state in
        if !state.labels.contains(labels) { state.labels.append(labels) }
        return SeriesRef(rawValue: UInt32(state.labels.firstIndex(of: labels) ?? 0))
      }
    }

    func append(_ samples: [Sample], at time: Timestamp) throws(AppendError) -> AppendOutcome {
      state.withLock { state in
        var round: [LabelSet: Double] = [:]
        for sample in samples { round[state.labels[Int(sample.series.rawValue)]] = sample.value }
        state.values.append(round)
        var outcome = AppendOutcome()
        outcome.appended = samples.count
        return outcome
      }
    }

    func append(histograms: [HistogramSample], at time: Timestamp) throws(AppendError) -> AppendOutcome {
      AppendOutcome()
    }

    func acknowledge() async throws(AppendError) {}

    func labels(of series: SeriesRef) -> LabelSet? { nil }
  }

  private static func mark(_ id: String, _ revision: String, at second: Int64) -> DeploymentMark {
    DeploymentMark(
      id: id, system: "lab", state: "deployed", by: "kim", startedAt: Timestamp(milliseconds: second * 1_000),
      agents: ["planner": .init(revision: revision, image: "planner:1", state: "ready")])
  }

  @Test func theRevisionInForceIsASeriesAndTheOneBeforeEnds() async throws {
    let time = SimulatedTime()
    let now = time.now().milliseconds / 1_000
    let marks = try DeploymentMarks(file: nil, logger: Self.silent)
    let appended = Appended()
    let info = DeploymentInfo(marks: marks, appender: appended, time: time, logger: Self.silent)
    #expect(info.write(after: []).isEmpty && appended.rounds.isEmpty)
    #expect(DeploymentInfo.exposition(of: nil).isEmpty)
    await marks.put(Self.mark("deploy-1", "r1", at: now - 20))
    let first = info.write(after: [])
    await marks.put(Self.mark("deploy-2", "r2", at: now - 10))
    let second = info.write(after: first)
    func series(_ id: String, _ revision: String) -> LabelSet {
      LabelSet([
        "__name__": "skep_deployment_info", "agent_id": "planner", "deployment": id, "image": "planner:1",
        "revision": revision, "system": "lab",
      ])
    }
    #expect(first == [series("deploy-1", "r1")] && second == [series("deploy-2", "r2")])
    #expect(appended.rounds.first == [series("deploy-1", "r1"): 1])
    let last = try #require(appended.rounds.last)
    #expect(last[series("deploy-2", "r2")] == 1)
    #expect(last[series("deploy-1", "r1")]?.bitPattern == StaleMarker.value.bitPattern)
    #expect(
      DeploymentInfo.exposition(of: marks.inForce(at: time.now())) == """
        # HELP skep_deployment_info What the deployment in force brought of each agent.
        # TYPE skep_deployment_info gauge
        skep_deployment_info{agent_id="planner",deployment="deploy-2",image="planner:1",revision="r2",system="lab"} 1

        """)
  }

  @Test func aLocalFleetMarksWhatItBringsAndNoMereRestart() async throws {
    let marks = try DeploymentMarks(file: nil, logger: Self.silent)
    let local = LocalDeployments(marks: marks, time: SimulatedTime(), starter: "skep up on here")
    var system = FleetSystem(name: "lab")
    var agent = AgentSpec(agentID: try AgentID("planner"))
    system.agents = [agent]
    // It is not started here.
    await local.note(system)
    #expect(marks.all.isEmpty)

    agent.command = ["planner", "--fast"]
    system.agents = [agent]
    await local.note(system)
    await local.note(system)
    #expect(marks.all.map(\.state) == ["deployed"])
    let first = try #require(marks.all.first?.agents["planner"]?.revision)

    agent.command = ["planner", "--slow"]
    system.agents = [agent]
    await local.note(system)
    #expect(marks.all.map(\.state) == ["deployed", "superseded"])
    #expect(marks.all.first?.agents["planner"]?.revision != first)
    #expect(marks.all.first?.by == "skep up on here")
    // Ids stand in the order of the deployments, also within one second.
    let ids = marks.all.compactMap { DeploymentID($0.id) }
    #expect(ids.count == 2 && ids == ids.sorted(by: >))
    #expect(marks.inForce(at: .init(milliseconds: .max))?.id == marks.all.first?.id)
  }
}

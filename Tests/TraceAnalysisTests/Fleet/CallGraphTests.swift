import FleetModel
import Testing

@testable import TraceAnalysis

@Suite struct CallGraphTests {
  @Test func callsAreCountedByEdge() throws {
    var traffic = SimulatedTraffic.team(seed: 1)
    traffic.agents[3].errorShare = 0.5
    traffic.run(entry: 0, requests: 100, perSecond: 10)
    var graph = CallGraph()
    traffic.feed { graph.add($0, names: $1) }
    let edges = Dictionary(uniqueKeysWithValues: graph.edges.map { ("\($0.caller ?? "-")→\($0.callee)", $0) })
    #expect(
      Set(edges.keys) == [
        "-→gateway", "gateway→planner", "planner→searcher", "planner→reader", "planner→writer",
      ])
    #expect(edges.values.allSatisfy { $0.calls == 100 && $0.latency.count == 100 })
    #expect((30...70).contains(try #require(edges["planner→reader"]).errors))
    #expect(edges["gateway→planner"]?.errors == 0)
    #expect(graph.traces == 100)
    #expect(graph.nodes.map(\.agent) == ["gateway", "planner", "reader", "searcher", "writer"])
    // A caller waits longer than the called agent works.
    let waited = try #require(edges["planner→reader"]?.latency.mean)
    let worked = try #require(graph.nodes.first { $0.agent == "reader" }?.latency.mean)
    #expect(abs(waited - worked - 400_000) < 1)
  }

  @Test func openSpansAreCallsWithoutDuration() throws {
    var names = NameTable()
    let (a, b, op) = (names.number(of: "a"), names.number(of: "b"), names.number(of: "op"))
    let outline = { (id: UInt64, parent: UInt64, agent: NameID, state: SpanState) in
      SpanOutline(
        spanID: SpanID(rawValue: id)!, parent: parent, start: 10, end: 10, agent: agent, operation: op, kind: .server,
        state: state)
    }
    var graph = CallGraph()
    let id = try #require(TraceID(high: 1, low: 1))
    graph.add(
      TraceTree(TraceOutline(traceID: id, spans: [outline(1, 0, a, .active), outline(2, 1, b, .lost)])), names: names)
    #expect(graph.edges.map(\.calls) == [1, 1] && graph.edges.allSatisfy { $0.latency.count == 0 })
  }
}

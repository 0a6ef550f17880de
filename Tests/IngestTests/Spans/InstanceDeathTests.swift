import FleetModel
import Testing

@testable import Ingest

@Suite struct InstanceDeathTests {
  private static func open(_ id: UInt64, agent: String = "planner", instance: String?, start: Int64 = 1) -> OpenSpan {
    guard let trace = TraceID(high: 0, low: id), let span = SpanID(rawValue: id) else {
      preconditionFailure("BUG: ids of tests are not zero")
    }
    return OpenSpan(
      key: SpanKey(traceID: trace, spanID: span), parentID: nil, agent: agent, instance: instance, operation: "plan",
      start: start)
  }

  private static let at = Timestamp(milliseconds: 1_000)

  /// Spans: 1 of the dead instance, 2 of another registered one, 3 of one that nobody knows, 4 without, 5 of another agent.
  @Test(
    arguments: [
      // The only instance: whoever is not named by a living one is lost.
      (["a": AgentStatus.lost], [1, 2, 3, 4]),
      (["a": .lost, "b": .lost], [1, 3, 4]),
      (["a": .lost, "b": .active], [1]),
      (["a": .lost, "b": .unhealthy], [1]),
      (["b": .pending], [1]),
      // It was removed, and there is no other.
      ([:], [1, 2, 3, 4]),
    ] as [([String: AgentStatus], [UInt64])])
  func spansOfADeadInstance(registered: [String: AgentStatus], lost: [UInt64]) throws {
    let open = [
      Self.open(1, instance: "a"), Self.open(2, instance: "b"), Self.open(3, instance: "stranger"),
      Self.open(4, instance: nil), Self.open(5, agent: "critic", instance: "a"),
    ]
    let death = InstanceDeath(agent: try AgentID("planner"), instance: "a", at: Self.at)
    #expect(death.spans(of: open, registered: registered).map(\.key.spanID.rawValue) == lost)
  }

  @Test func aProcessInItsPlaceKeepsItsSpans() throws {
    let open = [
      Self.open(1, instance: "a", start: 999_000_000), Self.open(2, instance: "a", start: 1_001_000_000),
      Self.open(3, instance: nil, start: 999_000_000), Self.open(4, instance: nil, start: 1_001_000_000),
    ]
    let death = InstanceDeath(agent: try AgentID("planner"), instance: "a", at: Self.at, maybeReplaced: true)
    #expect(death.spans(of: open, registered: ["a": .active]).map(\.key.spanID.rawValue) == [1, 3])
  }

  @Test func whatAnEarlierRunStartedIsLost() throws {
    let open = [
      Self.open(1, instance: "old"), Self.open(2, instance: nil), Self.open(3, instance: "elsewhere"),
      Self.open(4, instance: "gone"), Self.open(5, instance: nil, start: 1_001_000_000),
    ]
    let death = InstanceDeath(agent: try AgentID("planner"), instance: nil, at: Self.at, maybeReplaced: true)
    let registered: [String: AgentStatus] = ["elsewhere": .active, "gone": .lost, "new": .active]
    #expect(death.spans(of: open, registered: registered).map(\.key.spanID.rawValue) == [1, 2, 4])
  }
}

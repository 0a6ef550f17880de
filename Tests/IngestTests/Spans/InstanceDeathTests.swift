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

  private static func registered(
    _ planner: [String: AgentStatus], others: [String: AgentStatus] = [:]
  ) throws -> [InstanceKey: AgentStatus] {
    var statuses: [InstanceKey: AgentStatus] = [:]
    for (agent, instances) in [(try AgentID("planner"), planner), (try AgentID("caller"), others)] {
      for (name, status) in instances { statuses[InstanceKey(agent: agent, instance: name)] = status }
    }
    return statuses
  }

  private static let at = Timestamp(milliseconds: 1_000)

  /// Spans: 1 of the dead instance, 2 of another registered one, 3 of one that nobody knows, 4 without, 5 of another agent
  /// of the dead instance's process, 6 of another agent elsewhere.
  @Test(
    arguments: [
      // The only instance: whoever is not named by a living one is lost.
      (["a": AgentStatus.lost], [1, 2, 3, 4, 5]),
      (["a": .lost, "b": .lost], [1, 3, 4, 5]),
      (["a": .lost, "b": .active], [1, 5]),
      (["a": .lost, "b": .unhealthy], [1, 5]),
      (["b": .pending], [1, 5]),
      // It was removed, and there is no other.
      ([:], [1, 2, 3, 4, 5]),
    ] as [([String: AgentStatus], [UInt64])])
  func spansOfADeadInstance(registered: [String: AgentStatus], lost: [UInt64]) throws {
    let open = [
      Self.open(1, instance: "a"), Self.open(2, instance: "b"), Self.open(3, instance: "stranger"),
      Self.open(4, instance: nil), Self.open(5, agent: "critic", instance: "a"),
      Self.open(6, agent: "critic", instance: "z"),
    ]
    let death = InstanceDeath(agent: try AgentID("planner"), instance: "a", at: Self.at)
    let statuses = try Self.registered(registered)
    #expect(death.spans(of: open, registered: statuses).map(\.key.spanID.rawValue) == lost)
  }

  @Test func aProcessInItsPlaceKeepsItsSpans() throws {
    let open = [
      Self.open(1, instance: "a", start: 999_000_000), Self.open(2, instance: "a", start: 1_001_000_000),
      Self.open(3, instance: nil, start: 999_000_000), Self.open(4, instance: nil, start: 1_001_000_000),
    ]
    let death = InstanceDeath(agent: try AgentID("planner"), instance: "a", at: Self.at, maybeReplaced: true)
    let statuses = try Self.registered(["a": .active])
    #expect(death.spans(of: open, registered: statuses).map(\.key.spanID.rawValue) == [1, 3])
  }

  @Test func whatAnEarlierRunStartedIsLost() throws {
    let open = [
      Self.open(1, instance: "old"), Self.open(2, instance: nil), Self.open(3, instance: "elsewhere"),
      Self.open(4, instance: "gone"), Self.open(5, instance: nil, start: 1_001_000_000),
    ]
    let death = InstanceDeath(agent: try AgentID("planner"), instance: nil, at: Self.at, maybeReplaced: true)
    let statuses = try Self.registered(["elsewhere": .active, "gone": .lost, "new": .active])
    #expect(death.spans(of: open, registered: statuses).map(\.key.spanID.rawValue) == [1, 2, 4])
  }

  /// Spans that carry the name of the called agent are of the caller's process.
  @Test func callsLastAsLongAsTheirCaller() throws {
    let open = [
      Self.open(1, agent: "planner", instance: "c"), Self.open(2, agent: "planner", instance: "a"),
      Self.open(3, agent: "caller", instance: "c"),
    ]
    let called = InstanceDeath(agent: try AgentID("planner"), instance: "a", at: Self.at)
    var registered = try Self.registered(["a": .lost], others: ["c": .active])
    #expect(called.spans(of: open, registered: registered).map(\.key.spanID.rawValue) == [2])
    let earlier = InstanceDeath(agent: try AgentID("planner"), instance: nil, at: Self.at)
    #expect(earlier.spans(of: open, registered: registered).map(\.key.spanID.rawValue) == [2])
    let caller = InstanceDeath(agent: try AgentID("caller"), instance: "c", at: Self.at)
    registered = try Self.registered(["a": .active], others: [:])
    #expect(caller.spans(of: open, registered: registered).map(\.key.spanID.rawValue) == [1, 3])
    // Another agent at the same address is alive.
    registered = try Self.registered(["a": .active, "c": .active], others: ["c": .lost])
    #expect(caller.spans(of: open, registered: registered).map(\.key.spanID.rawValue) == [3])
  }
}

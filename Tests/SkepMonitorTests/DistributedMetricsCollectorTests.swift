import Alerting
import FleetHealth
import FleetModel
import Glibc
import Logging
import ServiceLifecycle
import SkepMonitor
import Synchronization
import Testing

@Suite("the engine in a Swift program")
struct DistributedMetricsCollectorTests {
  /// The snippet of the type's documentation and the README, against this test's own process as the agent.
  @Test func theDocumentedSnippetRuns() async throws {
    let collector = try DistributedMetricsCollector(collectionInterval: .milliseconds(200))
    try collector.register(agent: CollectionTarget(agentID: AgentID("planner"), instance: "test", pid: getpid()))
    try collector.addAlertRule(
      AlertRule(
        name: "alive", description: "{agent_id} uses {value} % of memory", condition: .threshold(.greaterOrEqual, 0),
        metricName: Glob("system_memory_usage")))
    let (notifications, continuation) = AsyncStream.makeStream(of: AlertNotification.self)
    collector.addAlertHandler { continuation.yield($0) }

    let group = ServiceGroup(services: [collector], logger: Logger(label: "test"))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var first = notifications.makeAsyncIterator()
      let notification = try #require(await first.next())
      #expect(notification.kind == .firing)
      #expect(notification.alert.affectedAgents == ["planner"])
      let overview = await collector.systemOverview()
      #expect(overview.agents.total == 1)
      #expect(overview.alerts.active == 1)
      #expect(!collector.recentSamples(agentID: "planner", metricName: "system_memory_usage").isEmpty)
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
    #expect(collector.deregister(try AgentID("planner")))
  }
}

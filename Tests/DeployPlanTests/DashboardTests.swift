import FleetModel
import Foundation
import Testing

@testable import DeployPlan

/// Dashboards against what Grafana's JSON model asks.
struct DashboardTests {
  private static func json(_ dashboard: Dashboard) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(dashboard.json.utf8)) as? [String: Any])
  }

  @Test(arguments: 0..<30)
  func isWellFormed(_ seed: Int) throws {
    var random = RandomSystems(seed: UInt64(seed))
    let system = random.system()
    let dashboard = try #require(MonitoringStack(of: system).dashboards.first)
    let json = try Self.json(dashboard)
    #expect(json["title"] as? String == "Multi-Agent System Overview" && json["schemaVersion"] as? Int == 39)
    #expect(json["uid"] as? String == dashboard.uid && (8...40).contains(dashboard.uid.utf8.count))
    let panels = try #require(json["panels"] as? [[String: Any]])
    let ids = panels.compactMap { $0["id"] as? Int }
    #expect(Set(ids).count == panels.count)

    let templating = try #require(json["templating"] as? [String: Any])
    let names = Set(try #require(templating["list"] as? [[String: Any]]).compactMap { $0["name"] as? String })
    #expect(names.isSuperset(of: ["namespace", "agent"]))
    #expect(names.contains("datasource") == (system.monitoring.kubernetes.dataSource == nil))

    var taken: Set<[Int]> = []
    for panel in panels {
      let place = try #require(panel["gridPos"] as? [String: Int])
      let (x, y, width, height) = try (
        #require(place["x"]), #require(place["y"]), #require(place["w"]), #require(place["h"])
      )
      #expect(x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= 24)
      for column in x..<(x + width) {
        for row in y..<(y + height) { #expect(taken.insert([column, row]).inserted, "panels overlap at \(place)") }
      }
      let type = try #require(panel["type"] as? String)
      #expect(["row", "stat", "timeseries", "state-timeline"].contains(type))
      if type == "row" { continue }
      let uid = system.monitoring.kubernetes.dataSource ?? "${datasource}"
      let targets = try #require(panel["targets"] as? [[String: Any]])
      #expect(!targets.isEmpty && Set(targets.compactMap { $0["refId"] as? String }).count == targets.count)
      for source in targets + [panel] {
        #expect((source["datasource"] as? [String: String]) == ["type": "prometheus", "uid": uid])
      }
      let field = try #require((panel["fieldConfig"] as? [String: Any])?["defaults"] as? [String: Any])
      #expect(field["unit"] is String)
      let steps = try #require((field["thresholds"] as? [String: Any])?["steps"] as? [[String: Any]])
      #expect(steps.first?["value"] is NSNull)
      let bounds = steps.dropFirst().compactMap { $0["value"] as? Double }
      #expect(bounds.count == steps.count - 1 && bounds == bounds.sorted())
    }
    // What Grafana would not fill in stands in no query.
    for query in dashboard.queries {
      var text = query.expression
      for (name, value) in Dashboard.variables(of: system) { text = text.replacing(name, with: value) }
      #expect(!text.contains("$"), "\(query)")
    }
  }

  /// Panels are there for what the fleet exposes, and for nothing else.
  @Test func showsWhatThereIs() throws {
    var system = FleetSystem(name: "t")
    var agent = AgentSpec(agentID: try AgentID("planner"))
    func titles() -> Set<String> {
      system.agents = [agent]
      return Set(MonitoringStack(of: system).dashboards.flatMap(\.queries).map(\.panel))
    }
    let standard = titles()
    #expect(standard.isSuperset(of: ["Agent Health Status", "CPU", "Memory", "Restarts"]))
    #expect(standard.isDisjoint(with: ["Inter-Agent Communication", "Request rate", "Error rate", "Token rate"]))
    agent.exposes = [
      ExposedMetric(name: "agent_messages_sent_total", type: .counter),
      ExposedMetric(name: "agent_requests_total", type: .counter),
      ExposedMetric(name: "agent_request_duration_seconds", type: .histogram),
    ]
    let own = titles()
    #expect(
      own.isSuperset(of: ["Agent Health Status", "Inter-Agent Communication", "Request rate", "Request latency"]))
    #expect(own.isDisjoint(with: ["CPU", "Memory", "Error rate"]))
    agent.exposes?[1].labels = ["status"]
    #expect(titles().contains("Error rate"))
  }
}

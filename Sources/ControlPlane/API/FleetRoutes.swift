import Alerting
import FleetModel

/// The overview, alerts, recent samples and the event stream.
struct FleetRoutes: Sendable {
  var operations: any FleetOperations

  /// Between two comments that keep an idle event stream open.
  static let keepAlive: Duration = .seconds(15)

  var routes: [APIRoute] { [overview, alerts, samples, events] }

  private var overview: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/overview", operationID: "overview", summary: "The whole fleet at one moment",
      access: .read, answers: [.init(status: 200, summary: "The overview", content: .json(schema: "OverviewAnswer"))]
    ) { [operations] _ in
      try .json(FleetAPI.OverviewAnswer(systemOverview: FleetAPI.Overview(await operations.overview())))
    }
  }

  private var alerts: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/alerts", operationID: "listAlerts", summary: "Alerts, newest first", access: .read,
      parameters: [
        .init(
          name: "state", kind: .choice(["active", "pending", "resolved", "all"], default: "active"),
          summary: "Which alerts; active ones are firing, all includes pending and resolved ones")
      ],
      answers: [.init(status: 200, summary: "The alerts", content: .json(schema: "AlertList"))]
    ) { [operations] request in
      let filter = request.text("state").flatMap(AlertFilter.init(rawValue:)) ?? .active
      let alerts = await operations.alerts(filter)
      let suppressions = await operations.suppressions(of: alerts)
      return try .json(
        FleetAPI.AlertList(
          alerts: alerts.map { FleetAPI.Alert($0, $0.state == .firing ? suppressions[$0.id] : nil) }))
    }
  }

  private var samples: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/samples/recent", operationID: "recentSamples",
      summary: "The last collected samples in order of arrival", access: .read,
      parameters: [
        .init(name: "agent_id", kind: .text, summary: "Only of this agent"),
        .init(name: "metric_name", kind: .text, summary: "Only of this metric"),
        .init(name: "limit", kind: .integer(1...10_000, default: 100), summary: "The newest so many"),
      ],
      answers: [.init(status: 200, summary: "The samples, oldest first", content: .json(schema: "SampleList"))]
    ) { [operations] request in
      let samples = await operations.recentSamples(
        agentID: request.text("agent_id"), metricName: request.text("metric_name"),
        limit: request.integer("limit") ?? 100)
      return try .json(FleetAPI.SampleList(samples: samples.map(FleetAPI.RecentSample.init)))
    }
  }

  private var events: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/events", operationID: "events",
      summary: "Changes of agents, alerts and spans as server-sent events named agent, alert and spans_lost",
      access: .read,
      answers: [.init(status: 200, summary: "The stream", content: .text("text/event-stream"))]
    ) { [operations] _ in
      let events = await operations.events()
      return .stream(contentType: "text/event-stream") { sink in
        try await sink.send(": changes follow\n\n")
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            while true {
              try await sink.pause(Self.keepAlive)
              try await sink.send(": still here\n\n")
            }
          }
          for await event in events { try await sink.send(FleetAPI.EventMessage(event).serverSentEvent()) }
          group.cancelAll()
        }
      }
    }
  }
}

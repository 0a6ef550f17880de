import Alerting
import FleetHealth
import FleetModel

/// The overview, alerts, recent samples and the event stream.
struct FleetRoutes: Sendable {
  var operations: any FleetOperations
  var look: BoardLook

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

  /// The names of events, as `kinds` takes them.
  private static let kinds = ["agent", "alert", "spans_lost", "board"]

  private var events: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/events", operationID: "events",
      summary:
        "Changes of agents, alerts and spans as server-sent events named agent, alert and spans_lost, and of the "
        + "board, named board",
      access: .read,
      parameters: [
        .init(
          name: "kinds", kind: .text,
          summary: "Which events, separated by commas: agent, alert, spans_lost (these by default), board")
      ],
      answers: [.init(status: 200, summary: "The stream", content: .text("text/event-stream"))]
    ) { [operations, look] request in
      let kinds = try Self.kinds(in: request.text("kinds"))
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
          if kinds.contains("board") { group.addTask { try await Self.sendBoards(look, to: sink) } }
          for await event in events {
            let message = FleetAPI.EventMessage(event)
            if kinds.contains(message.kind) { try await sink.send(message.serverSentEvent()) }
          }
          group.cancelAll()
        }
      }
    }
  }

  private static func kinds(in text: String?) throws(APIError) -> Set<String> {
    guard let text else { return ["agent", "alert", "spans_lost"] }
    let asked = text.split(separator: ",").map(String.init)
    if let unknown = asked.first(where: { !kinds.contains($0) }) {
      throw APIError(
        .invalidRequest, "kinds has \"\(unknown.prefix(100))\"; known are \(kinds.joined(separator: ", "))")
    }
    return Set(asked)
  }

  /// Sends what changed on the board, as long as somebody listens. The first board is what its listener has read before.
  private static func sendBoards(_ look: BoardLook, to sink: StreamSink) async throws {
    var last = await look()
    while true {
      try await sink.pause(BoardReader.interval)
      let board = await look()
      let message = FleetAPI.Board(board, since: last)
      last = board
      try await sink.send("event: board\ndata: \(String(decoding: try FleetJSON.encode(message), as: UTF8.self))\n\n")
    }
  }
}

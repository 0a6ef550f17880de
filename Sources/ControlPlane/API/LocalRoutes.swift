import FleetModel
import LocalRuntime
import SystemPackage

/// The processes that the local runtime supervises, and what they print.
struct LocalRoutes: Sendable {
  var operations: any FleetOperations

  var routes: [APIRoute] { [instances, logs] }

  private var instances: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/instances", operationID: "listLocalInstances",
      summary: "The processes that the local runtime supervises", access: .read,
      answers: [.init(status: 200, summary: "The processes", content: .json(schema: "LocalInstanceList"))]
    ) { [operations] _ in
      try .json(
        FleetAPI.LocalInstanceList(instances: await operations.localInstances().map(FleetAPI.LocalInstance.init)))
    }
  }

  private var logs: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/agents/{agent_id}/logs", operationID: "agentLogs",
      summary: "What an agent of the local runtime printed; lines of several instances begin with AGENT-ORDINAL",
      access: .read,
      parameters: [
        .init(name: "lines", kind: .integer(0...10_000, default: 100), summary: "The last so many of each instance"),
        .init(name: "follow", kind: .flag, summary: "Keep on sending what is printed"),
        .init(name: "ordinal", kind: .integer(0...1_000_000, default: nil), summary: "Only of this instance"),
      ],
      answers: [.init(status: 200, summary: "The lines", content: .text("text/plain"))]
    ) { [operations] request in
      let id = try request.agentID()
      let ordinal = request.integer("ordinal")
      let wanted: @Sendable (LocalInstance) -> Bool = {
        $0.agentID == id && (ordinal == nil || $0.ordinal == ordinal)
      }
      guard await operations.localInstances().contains(where: wanted) else {
        let subject = ordinal.map { "instance \($0) of agent" } ?? "agent"
        throw APIError(
          .notFound, "no \(subject) \"\(id)\" is run by this Skep; GET /fleet/v1/instances lists those that are")
      }
      let lines = request.integer("lines") ?? 100
      let follow = request.flag("follow")
      return .stream(contentType: APIResponse.text) { sink in
        var following = LogFollowing(lines: lines)
        while true {
          let files = await operations.localInstances().filter(wanted).map {
            LogFollowing.File(path: $0.logFile.string, name: "\($0.agentID)-\($0.ordinal)")
          }
          let progress = try await following.step(files: files, into: sink)
          if progress == .more { continue }
          if !follow { break }
          if progress == .nothing { try await sink.pause(.milliseconds(250)) }
        }
      }
    }
  }
}

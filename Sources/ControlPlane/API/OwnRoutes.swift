import FleetModel
import HTTPTypes

/// What Skep says of itself: alive, ready, its own metrics, its own description.
struct OwnRoutes: Sendable {
  var operations: any FleetOperations
  /// Skep's own metrics as Prometheus text.
  var metrics: @Sendable () async -> String

  var routes: [APIRoute] { [healthy, ready, ownMetrics] }

  private var healthy: APIRoute {
    APIRoute(
      method: .get, path: "/-/healthy", operationID: "healthy", summary: "Whether this process answers", access: .open,
      answers: [
        .init(
          status: 200, summary: "It does; further lines name what does not work, such as a store that takes no samples",
          content: .text("text/plain"))
      ]
    ) { [operations] _ in
      .text((["Skep is healthy"] + (await operations.troubles())).map { $0 + "\n" }.joined())
    }
  }

  private var ready: APIRoute {
    APIRoute(
      method: .get, path: "/-/ready", operationID: "ready", summary: "Whether this process can serve", access: .open,
      answers: [
        .init(status: 200, summary: "It can", content: .text("text/plain")),
        .init(status: 503, summary: "It cannot, and why", content: .text("text/plain")),
      ]
    ) { [operations] _ in
      let obstacles = await operations.obstacles()
      if obstacles.isEmpty { return .text("Skep is ready\n") }
      return .text(obstacles.map { $0 + "\n" }.joined(), status: .serviceUnavailable)
    }
  }

  private var ownMetrics: APIRoute {
    APIRoute(
      method: .get, path: "/metrics", operationID: "metrics", summary: "Skep's own metrics", access: .read,
      answers: [.init(status: 200, summary: "Prometheus text", content: .text("text/plain"))]
    ) { [metrics] _ in .text(await metrics(), contentType: "text/plain; version=0.0.4; charset=utf-8") }
  }

  /// The document that describes `routes` and itself.
  static func openAPI(of routes: [APIRoute]) -> APIRoute {
    var route = APIRoute(
      method: .get, path: "/fleet/v1/openapi.json", operationID: "openAPI", summary: "This description", access: .read,
      answers: [.init(status: 200, summary: "An OpenAPI 3.1 document", content: .json(schema: "Document"))]
    ) { _ in .noContent }
    let document = OpenAPIDocument.json(for: routes + [route]).description + "\n"
    route.handle = { _ in .text(document, contentType: APIResponse.json) }
    return route
  }
}

extension RouteTable {
  /// Everything that the fleet API serves.
  static func fleet(
    operations: any FleetOperations, store: any StoreOperations, metrics: @escaping @Sendable () async -> String,
    sessions: ConsoleSessions, isEncrypted: Bool = false, look: @escaping BoardLook, further: [APIRoute] = []
  ) -> RouteTable {
    let routes =
      AgentRoutes(operations: operations).routes + FleetRoutes(operations: operations, look: look).routes
      + RuleRoutes(operations: operations).routes + LocalRoutes(operations: operations).routes
      + StoreRoutes(operations: store).routes + WriteRoutes(operations: store).routes
      + BoardRoutes(look: look).routes + OwnRoutes(operations: operations, metrics: metrics).routes
      + ConsoleRoutes().routes
      + SessionRoutes(sessions: sessions, isEncrypted: isEncrypted).routes + further
    return RouteTable(routes + [OwnRoutes.openAPI(of: routes)])
  }
}

import FleetModel

/// The Alertmanager API, version 2
/// (<https://github.com/prometheus/alertmanager/blob/v0.25.0/api/v2/openapi.yaml>), so that Prometheus sends its alerts here, and
/// `amtool` and other clients work.
struct AlertmanagerRoutes: Sendable {
  var operations: any AlertmanagerOperations

  /// The version of Alertmanager whose API this is; clients choose by it what they ask. Skep's own stands in `revision`.
  static let apiVersion = "0.25.0"

  static func all(_ operations: any AlertmanagerOperations) -> [APIRoute] {
    AlertRoutes(operations: operations).routes + SilenceRoutes(operations: operations).routes
      + AlertmanagerRoutes(operations: operations).routes + NotificationRoutes(operations: operations).routes
  }

  private var routes: [APIRoute] { [receivers, status] }

  private var receivers: APIRoute {
    APIRoute(
      method: .get, path: "/api/v2/receivers", operationID: "getReceivers", summary: "The names of the receivers",
      access: .read, style: .alertmanager,
      answers: [.init(status: 200, summary: "The receivers", content: .json(schema: "AlertmanagerReceivers"))]
    ) { [operations] _ in
      let list = JSONValue.array(operations.receivers.map { ["name": .string($0)] })
      return .text(list.description + "\n", contentType: APIResponse.json)
    }
  }

  private var status: APIRoute {
    APIRoute(
      method: .get, path: "/api/v2/status", operationID: "getStatus",
      summary: "The policy in force, and which version this is", access: .read, style: .alertmanager,
      answers: [.init(status: 200, summary: "The status", content: .json(schema: "AlertmanagerStatus"))]
    ) { [operations] _ in
      let facts = operations.facts()
      let status: JSONValue = [
        // One process: there are no peers to agree with.
        "cluster": ["peers": [], "status": "disabled"],
        "config": ["original": .string(facts.configuration)],
        "uptime": .string(RFC3339.format(facts.startedAt)),
        "versionInfo": [
          "branch": "skep", "buildDate": "", "buildUser": "", "goVersion": "",
          "revision": .string("skep-" + facts.version), "version": .string(Self.apiVersion),
        ],
      ]
      return .text(status.description + "\n", contentType: APIResponse.json)
    }
  }
}

import AlertLogic
import Alerting
import FleetModel

/// What people try out of routes and receivers.
struct NotificationRoutes: Sendable {
  var operations: any AlertmanagerOperations

  var routes: [APIRoute] { [testReceiver, testRoute] }

  private var testReceiver: APIRoute {
    APIRoute(
      method: .post, path: "/fleet/v1/receivers/{name}/test", operationID: "testReceiver",
      summary: "Send a test alert through each integration of a receiver, once and at once", access: .operate,
      takesLong: true, stopsWithClient: true,
      answers: [
        .init(
          status: 200, summary: "What became of it, whether it was delivered or not",
          content: .json(schema: "ReceiverTest"))
      ]
    ) { [operations] request in
      let name = request.segment("name")
      do {
        let results = try await operations.sendTest(to: name)
        return try .json(
          FleetAPI.ReceiverTest(receiver: name, results: results.map(FleetAPI.ReceiverTest.Result.init)))
      } catch let error as UnknownReceiver {
        throw APIError(.notFound, "\(error)")
      }
    }
  }

  private var testRoute: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/routes/test", operationID: "testRoute",
      summary: "Which routes of the policy in force take an alert with these labels", access: .read,
      parameters: [.init(name: "label", kind: .texts, summary: "A label such as severity=critical; may be repeated")],
      answers: [.init(status: 200, summary: "The routes, in order", content: .json(schema: "RouteTest"))]
    ) { [operations] request in
      var labels: [String: String] = [:]
      for text in request.form.all("label") {
        let name = text.prefix { $0 != "=" }
        guard name.count < text.count, Array(name.utf8).withUnsafeBufferPointer(PostedAlertReader.isName) else {
          throw APIError(.invalidRequest, "label \"\(text.prefix(200))\" is none; write it as severity=critical")
        }
        guard labels.updateValue(String(text.dropFirst(name.count + 1)), forKey: String(name)) == nil else {
          throw APIError(.invalidRequest, "label \(name) is given twice; give it once")
        }
      }
      let routes = operations.routes(for: LabelSet(labels)).map(FleetAPI.RouteTest.Match.init)
      return try .json(FleetAPI.RouteTest(labels: labels, routes: routes))
    }
  }
}

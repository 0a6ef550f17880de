import Alerting
import FleetModel
import HTTPTypes

/// Rules added and removed while Skep runs.
struct RuleRoutes: Sendable {
  var operations: any FleetOperations

  var routes: [APIRoute] { [list, add, remove] }

  private var list: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/rules", operationID: "listRules", summary: "All rules", access: .read,
      answers: [.init(status: 200, summary: "The rules", content: .json(schema: "RuleList"))]
    ) { [operations] _ in try .json(FleetAPI.RuleList(rules: await operations.rules().map(FleetAPI.Rule.init))) }
  }

  private var add: APIRoute {
    APIRoute(
      method: .post, path: "/fleet/v1/rules", operationID: "addRule", summary: "Add a rule", access: .operate,
      body: APIRoute.Body(schema: "Rule", example: APISchemas.ruleExample),
      answers: [.init(status: 201, summary: "The rule with every default filled in", content: .json(schema: "Rule"))]
    ) { [operations] request in
      guard let body = request.body else {
        throw APIError(.invalidRequest, "the body is empty; send a rule such as \(APISchemas.ruleExample)")
      }
      let rule = try AlertRule(document: body)
      do {
        try await operations.addRule(rule)
      } catch RuleError.duplicateName(let name) {
        throw APIError(
          .conflict,
          "there is a rule \"\(name)\" already; choose another name or remove it with DELETE /fleet/v1/rules/NAME")
      } catch let error as RuleError {
        throw APIError(.invalidRequest, "\(error)")
      }
      return try .json(FleetAPI.Rule(rule), status: .created)
    }
  }

  private var remove: APIRoute {
    APIRoute(
      method: .delete, path: "/fleet/v1/rules/{name}", operationID: "removeRule",
      summary: "Remove a rule and resolve its alerts", access: .operate,
      answers: [.init(status: 204, summary: "It is gone", content: .none)]
    ) { [operations] request in
      let name = request.segment("name")
      guard await operations.removeRule(named: name) else {
        throw APIError(.notFound, "no rule \"\(name)\"; GET /fleet/v1/rules lists them")
      }
      return .noContent
    }
  }
}

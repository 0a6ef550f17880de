/// What routes of the Prometheus API have in common.
enum PrometheusRoutes {
  /// A path that is asked with GET, or with POST and the parameters as a form in the body, which have no limit of length.
  static func both(
    path: String, operationID: String, summary: String, access: Access = .read, takesLong: Bool = false,
    parameters: [APIRoute.Parameter] = [], answers: [APIRoute.Answer] = [answer],
    handle: @escaping @Sendable (APIRequest) async throws -> APIResponse
  ) -> [APIRoute] {
    [(APIRoute.Method.get, ""), (.post, "ByPost")].map { method, suffix in
      APIRoute(
        method: method, path: path, operationID: operationID + suffix, summary: summary, access: access,
        style: .prometheus, takesLong: takesLong, stopsWithClient: takesLong, parameters: parameters, answers: answers,
        handle: handle)
    }
  }

  /// A path that is asked with GET alone.
  static func get(
    path: String, operationID: String, summary: String, access: Access = .read, takesLong: Bool = false,
    parameters: [APIRoute.Parameter] = [], answers: [APIRoute.Answer] = [answer],
    handle: @escaping @Sendable (APIRequest) async throws -> APIResponse
  ) -> APIRoute {
    APIRoute(
      method: .get, path: path, operationID: operationID, summary: summary, access: access, style: .prometheus,
      takesLong: takesLong, stopsWithClient: takesLong, parameters: parameters, answers: answers, handle: handle)
  }

  /// What most of them answer.
  static let answer = APIRoute.Answer(
    status: 200, summary: "The answer in Prometheus' shape", content: .json(schema: "PrometheusAnswer"))

  /// The warning of an answer that a `limit` cut short.
  static let truncated = "results truncated due to limit"

  /// All that asks for samples.
  static func queries(_ operations: any QueryOperations) -> [APIRoute] {
    QueryRoutes(operations: operations).routes + SeriesRoutes(operations: operations).routes
      + [FederateRoute(operations: operations).route]
  }
}

import Hummingbird

/// Counts requests to the agent's own routes as runs in flight, a stream until its last byte.
struct RunCount: RouterMiddleware {
  let runs: RunsInFlight

  func handle(
    _ request: Request, context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    if RequestSpans.unwatched.contains(context.endpointPath ?? request.uri.path) {
      return try await next(request, context)
    }
    let run = runs.begin()
    do {
      var response = try await next(request, context)
      let body = response.body
      response.body = ResponseBody(contentLength: body.contentLength) { writer in
        defer { run.end() }
        let inner = writer
        try await body.write(inner)
      }
      return response
    } catch {
      run.end()
      throw error
    }
  }
}

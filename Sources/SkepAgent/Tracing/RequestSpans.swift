import HTTPTypes
import Hummingbird
import Tracing

/// A span for each request to the agent's own routes, by OpenTelemetry's conventions for HTTP servers
/// (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/>).
struct RequestSpans: RouterMiddleware {
  let tracer: SkepTracer

  /// What is asked every few seconds by whoever watches the agent.
  static let unwatched: Set = ["/metrics", "/health", "/ready"]

  func handle(
    _ request: Request, context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    if Self.unwatched.contains(context.endpointPath ?? request.uri.path) { return try await next(request, context) }
    var outer = ServiceContext.current ?? .topLevel
    tracer.extract(request.headers, into: &outer, using: HeaderFields())
    let span = tracer.startSpan(
      "\(request.method.rawValue) \(context.endpointPath ?? "")", context: outer, ofKind: .server)
    let end = EndOfSpan(span)
    span.updateAttributes {
      $0["http.request.method"] = request.method.rawValue
      $0["url.path"] = request.uri.path
      $0["http.route"] = context.endpointPath
      $0["user_agent.original"] = request.headers[.userAgent]
    }
    do {
      return try await ServiceContext.withValue(span.context) {
        var response = try await next(request, context)
        note(Int(response.status.code), on: span)
        guard response.body.contentLength == nil else {
          end.now()
          return response
        }
        // A stream, which may go on for long.
        let body = response.body
        response.body = ResponseBody { writer in
          defer { end.now() }
          let inner = writer
          try await ServiceContext.withValue(span.context) { try await body.write(inner) }
        }
        return response
      }
    } catch {
      span.recordError(error)
      note((error as? any HTTPResponseError)?.status.code ?? 500, on: span)
      throw error
    }
  }

  private func note(_ status: Int, on span: SkepSpan) {
    span.updateAttributes {
      $0["http.response.status_code"] = status
      if status >= 500 { $0["error.type"] = "\(status)" }
    }
    if status >= 500 { span.setStatus(SpanStatus(code: .error)) }
  }
}

/// Ends a span when it is told to, or when nobody is left to tell it: where a client has gone before its answer was written.
private final class EndOfSpan: Sendable {
  private let span: SkepSpan

  init(_ span: SkepSpan) { self.span = span }

  func now() { span.end() }

  deinit { span.end() }
}

private struct HeaderFields: Extractor {
  func extract(key: String, from fields: HTTPFields) -> String? { HTTPField.Name(key).flatMap { fields[$0] } }
}

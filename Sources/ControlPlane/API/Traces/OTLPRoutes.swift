import FleetModel
import HTTPTypes
import NIOCore
import Platform
import WireFormats

/// Where OTLP/HTTP posts spans and data points (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
struct OTLPRoutes: Sendable {
  var reception: OTLPReception

  /// When to come again, in seconds: the store looks every second whether it can write again.
  private static let retryAfter = "5"

  var routes: [APIRoute] {
    // The last as Prometheus has it.
    own + [route("/api/v1/otlp/v1/metrics", .metrics, id: "otlpMetricsAsPrometheus")]
  }

  /// What the port for OTLP/HTTP serves.
  var own: [APIRoute] {
    [
      route(OTLPSignal.traces.path, .traces, id: "otlpTraces"),
      route(OTLPSignal.metrics.path, .metrics, id: "otlpMetrics"),
    ]
  }

  private func route(_ path: String, _ signal: OTLPSignal, id: String) -> APIRoute {
    let (message, what) =
      signal == .traces ? ("ExportTraceServiceRequest", "spans") : ("ExportMetricsServiceRequest", "metrics")
    return APIRoute(
      method: .post, path: path, operationID: id,
      summary:
        "Push \(what) by OTLP/HTTP: an \(message) as application/x-protobuf or application/json, as it is or in gzip",
      access: .agent, style: .otlp,
      rawBody: APIRoute.RawBody(contentType: OTLPEncoding.protobuf.contentType, maximumBytes: reception.maximumBytes),
      answers: [
        .init(
          status: 200, summary: "All is taken, or all but what partial_success names, in the encoding of the request",
          content: .json(schema: "OTLPAnswer"))
      ]
    ) { [reception] request in
      guard let body = request.rawBody else { preconditionFailure("BUG: this route takes a body") }
      guard let encoding = OTLPEncoding(contentType: body.contentType) else {
        throw APIError(
          .unsupportedMediaType,
          "the body is declared as \"\(body.contentType.prefix(100))\"; send Content-Type: application/x-protobuf or "
            + "application/json")
      }
      let answer: [UInt8]
      do throws(OTLPRefusal) {
        answer = try await reception.take(
          try await Self.message(in: body, limit: reception.maximumBytes), signal, as: encoding,
          from: request.principal.scope)
      } catch {
        switch error {
        case .malformed(let problem): throw APIError(.invalidRequest, problem)
        case .unsupported(let problem): throw APIError(.unsupportedMediaType, problem)
        case .tooLarge(let limit):
          throw APIError(
            .payloadTooLarge, "the message has more than \(limit) bytes; send less or raise limits.body_size")
        case .unavailable(let problem):
          throw APIError(.unavailable, problem, headers: [.retryAfter: Self.retryAfter])
        }
      }
      return APIResponse(
        status: .ok, contentType: encoding.contentType, content: .bytes(ByteBuffer(bytes: answer)))
    }
  }

  /// The body without its compression.
  private static func message(in body: APIRequest.RawBody, limit: Int) async throws(OTLPRefusal) -> [UInt8] {
    switch body.contentEncoding.lowercased() {
    case "", "identity": return Array(body.bytes.readableBytesView)
    case "gzip":
      do throws(Gzip.Failure) {
        return try await MessageWork.incoming.decompressed(Array(body.bytes.readableBytesView), limit: limit)
      } catch {
        switch error {
        case .malformed: throw .malformed("the body is declared as gzip, and it is not, or is damaged")
        case .tooLong: throw .tooLarge(limit)
        case .noMemory: throw .unavailable("there is no memory for the message; send it again later")
        }
      }
    case let other:
      throw .unsupported("the body is encoded as \"\(other.prefix(100))\"; send Content-Encoding: gzip, or none")
    }
  }
}

extension APIError {
  /// The same refusal as an OTLP sender reads it.
  func otlpResponse(as encoding: OTLPEncoding) -> APIResponse {
    let code: RPCCode =
      switch self.code {
      case .invalidRequest, .unsupportedMediaType: .invalidArgument
      case .unauthorized: .unauthenticated
      case .forbidden, .misdirectedRequest: .permissionDenied
      case .notFound: .notFound
      case .methodNotAllowed: .unimplemented
      case .conflict: .failedPrecondition
      case .payloadTooLarge: .resourceExhausted
      case .internalError: .internal
      case .unavailable: .unavailable
      }
    var response = APIResponse(
      status: self.code.status, contentType: encoding.contentType,
      content: .bytes(ByteBuffer(bytes: OTLPAnswer.failure(code, message, as: encoding))))
    response.headers = headers
    return response
  }
}

import HTTPTypes
import Ingest

/// Where samples are pushed to.
struct WriteRoutes: Sendable {
  var operations: any StoreOperations

  private static let type = "application/x-protobuf"
  /// The message of remote write 1.0, where the type names one.
  private static let message = "prometheus.WriteRequest"
  /// When to come again, in seconds: the store looks every second whether it can write again.
  private static let retryAfter = "5"

  var routes: [APIRoute] { [write] }

  private var write: APIRoute {
    APIRoute(
      method: .post, path: "/api/v1/write", operationID: "remoteWrite",
      summary: "Push samples by Prometheus remote write 1.0: a snappy block of a prometheus.WriteRequest",
      access: .agent,
      rawBody: APIRoute.RawBody(contentType: Self.type, maximumBytes: operations.maximumWriteBytes),
      answers: [.init(status: 204, summary: "All samples are taken", content: .none)]
    ) { [operations] request in
      guard let body = request.rawBody else { preconditionFailure("BUG: this route takes a body") }
      try Self.check(body)
      let outcome: WriteOutcome
      do throws(WriteRefusal) {
        outcome = try await operations.write(
          body.bytes, from: request.principal.role == .agent ? request.principal.agentID : nil)
      } catch {
        throw APIError(error)
      }
      if outcome.refusedCount > 0 { throw APIError(outcome) }
      var response = APIResponse.noContent
      response.headers[.samplesWritten] = "\(outcome.written)"
      return response
    }
  }

  private static func check(_ body: APIRequest.RawBody) throws(APIError) {
    let parts = body.contentType.split(separator: ";").map { $0.filter { $0 != " " } }
    let messages = parts.dropFirst().filter { $0.lowercased().hasPrefix("proto=") }.map { $0.dropFirst(6) }
    guard parts.first?.lowercased() == type, messages.allSatisfy({ $0 == message }) else {
      throw APIError(
        .unsupportedMediaType,
        "the body is declared as \"\(body.contentType.prefix(100))\"; send remote write 1.0 with Content-Type: \(type)")
    }
    guard body.contentEncoding.lowercased() == "snappy" else {
      throw APIError(
        .unsupportedMediaType,
        "the body is encoded as \"\(body.contentEncoding.prefix(100))\"; send Content-Encoding: snappy")
    }
  }

  fileprivate static func refusal(_ error: WriteRefusal) -> APIError {
    switch error {
    case .malformed: APIError(.invalidRequest, "\(error)")
    case .tooLarge: APIError(.payloadTooLarge, "\(error)")
    case .storage: APIError(.unavailable, "\(error)", headers: [.retryAfter: retryAfter])
    }
  }
}

extension APIError {
  fileprivate init(_ error: WriteRefusal) { self = WriteRoutes.refusal(error) }

  /// The good samples are taken: a sender that tries the same again gains nothing.
  fileprivate init(_ outcome: WriteOutcome) {
    let total = outcome.written + outcome.refusedCount
    let counts = outcome.refused.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue): \($0.value)" }
    self.init(
      .invalidRequest,
      "\(outcome.written) of \(total) samples are taken, \(outcome.refusedCount) refused; the first: "
        + (outcome.firstRefusal ?? ""),
      details: counts, headers: [.samplesWritten: "\(outcome.written)"])
  }
}

extension HTTPTypes.HTTPField.Name {
  /// As remote write 2.0 names it (<https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/>).
  static let samplesWritten: HTTPTypes.HTTPField.Name = {
    guard let name = HTTPTypes.HTTPField.Name("X-Prometheus-Remote-Write-Samples-Written") else {
      preconditionFailure("BUG: X-Prometheus-Remote-Write-Samples-Written is a token")
    }
    return name
  }()
}

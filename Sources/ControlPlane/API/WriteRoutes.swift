import HTTPTypes
import Ingest
import WireFormats

/// Where samples are pushed to.
struct WriteRoutes: Sendable {
  var operations: any StoreOperations

  private static let type = "application/x-protobuf"
  /// When to come again, in seconds: the store looks every second whether it can write again.
  private static let retryAfter = "5"

  var routes: [APIRoute] { [write] }

  private var write: APIRoute {
    APIRoute(
      method: .post, path: "/api/v1/write", operationID: "remoteWrite",
      summary:
        "Push samples by Prometheus remote write: a snappy block of a prometheus.WriteRequest (1.0) or, where the "
        + "content type says proto=io.prometheus.write.v2.Request, of that (2.0)",
      access: .agent,
      rawBody: APIRoute.RawBody(contentType: Self.type, maximumBytes: operations.maximumWriteBytes),
      answers: [.init(status: 204, summary: "All samples are taken", content: .none)]
    ) { [operations] request in
      guard let body = request.rawBody else { preconditionFailure("BUG: this route takes a body") }
      let message = try Self.message(in: body)
      let outcome: WriteOutcome
      do throws(WriteRefusal) {
        outcome = try await operations.write(
          body.bytes, as: message, from: request.principal.role == .agent ? request.principal.agentID : nil)
      } catch {
        throw Self.error(error)
      }
      if outcome.refusedCount > 0 { throw Self.error(outcome) }
      var response = APIResponse.noContent
      response.headers = Self.counts(outcome)
      return response
    }
  }

  /// Which message the sender says that it sends.
  ///
  /// One that says nothing sends remote write 1.0 in snappy, as Prometheus takes it from old senders.
  private static func message(in body: APIRequest.RawBody) throws(APIError) -> WriteMessage {
    let contentType = body.contentType.isEmpty ? type : body.contentType
    let contentEncoding = body.contentEncoding.isEmpty ? "snappy" : body.contentEncoding
    let parts = contentType.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
    var message: WriteMessage? = .version1
    for part in parts.dropFirst() where part.lowercased().hasPrefix("proto=") {
      message = WriteMessage(rawValue: part.dropFirst(6).filter { $0 != "\"" })
    }
    guard parts.first?.lowercased() == type, let message else {
      throw APIError(
        .unsupportedMediaType,
        "the body is declared as \"\(body.contentType.prefix(100))\"; send Content-Type: \(type);"
          + "proto=\(WriteMessage.version2.rawValue), or \(type) alone for remote write 1.0",
        headers: counts(samples: 0))
    }
    guard contentEncoding.lowercased() == "snappy" else {
      throw APIError(
        .unsupportedMediaType,
        "the body is encoded as \"\(body.contentEncoding.prefix(100))\"; send Content-Encoding: snappy",
        headers: counts(samples: 0))
    }
    return message
  }

  /// What was written, as remote write 2.0 wants it with every answer
  /// (<https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/#required-written-response-headers>).
  private static func counts(samples: Int, histograms: Int = 0, exemplars: Int = 0) -> HTTPFields {
    [
      .samplesWritten: "\(samples)", .histogramsWritten: "\(histograms)", .exemplarsWritten: "\(exemplars)",
    ]
  }

  private static func counts(_ outcome: WriteOutcome) -> HTTPFields {
    counts(samples: outcome.written, histograms: outcome.histogramsWritten, exemplars: outcome.exemplarsWritten)
  }

  private static func error(_ refusal: WriteRefusal) -> APIError {
    switch refusal {
    case .malformed: return APIError(.invalidRequest, "\(refusal)", headers: counts(samples: 0))
    case .tooLarge: return APIError(.payloadTooLarge, "\(refusal)", headers: counts(samples: 0))
    case .storage(_, let written, let histograms):
      var headers = counts(samples: written, histograms: histograms)
      headers[.retryAfter] = retryAfter
      return APIError(.unavailable, "\(refusal)", headers: headers)
    }
  }

  /// The good samples are taken: a sender that tries the same again gains nothing.
  private static func error(_ outcome: WriteOutcome) -> APIError {
    let taken = outcome.written + outcome.histogramsWritten + outcome.exemplarsWritten
    let refused = outcome.refused.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue): \($0.value)" }
    return APIError(
      .invalidRequest,
      "\(taken) of \(taken + outcome.refusedCount) samples are taken, \(outcome.refusedCount) refused "
        + "(\(refused.joined(separator: ", "))); the first: \(outcome.firstRefusal ?? "")",
      details: refused, headers: counts(outcome))
  }
}

extension HTTPTypes.HTTPField.Name {
  static let samplesWritten = remoteWriteCount(of: "Samples")
  static let histogramsWritten = remoteWriteCount(of: "Histograms")
  static let exemplarsWritten = remoteWriteCount(of: "Exemplars")

  private static func remoteWriteCount(of what: String) -> HTTPTypes.HTTPField.Name {
    guard let name = HTTPTypes.HTTPField.Name("X-Prometheus-Remote-Write-\(what)-Written") else {
      preconditionFailure("BUG: X-Prometheus-Remote-Write-\(what)-Written is a token")
    }
    return name
  }
}

import FleetModel

/// Tells from an answer what it means: the HTTP status, the `Status` object with its reason and causes, or plain text where there is
/// none.
struct StatusReading {
  var status: Int
  var contentType: String
  var body: [UInt8]
  /// As the header says.
  var retryAfter: Duration?

  func error(for request: ClusterRequest) -> ClusterError {
    guard contentType.contains("json"), let object = try? JSONParser.parse(body), object["kind"]?.string == "Status"
    else { return plainError(for: request) }
    return Self.error(object, status: status, retryAfter: retryAfter, for: request)
  }

  /// - Parameter status: where the object does not say its own.
  static func error(
    _ object: JSONValue, status: Int?, retryAfter: Duration? = nil, for request: ClusterRequest
  ) -> ClusterError {
    let status = status ?? object["code"]?.integer
    let reason = object["reason"]?.string ?? ""
    let details = object["details"]
    let causes = (details?["causes"]?.elements ?? []).map { cause in
      ClusterError.Cause(
        reason: cause["reason"]?.string ?? "", message: cause["message"]?.string ?? "",
        field: cause["field"]?.string ?? "")
    }
    var message = object["message"]?.string ?? ""
    if message.isEmpty { message = reason.isEmpty ? "status \(status ?? 0) without words" : reason }
    let seconds = details?["retryAfterSeconds"]?.integer
    let error = ClusterError(
      kind(status: status ?? 0, reason: reason, message: message, causes: causes), request: request.summary,
      status: status, message: message, causes: causes,
      retryAfter: retryAfter ?? seconds.flatMap { $0 > 0 ? .seconds(min($0, 86_400)) : nil })
    return request.isSecret ? withoutValues(error, reason: reason) : error
  }

  private static func kind(
    status: Int, reason: String, message: String, causes: [ClusterError.Cause]
  ) -> ClusterError.Kind {
    func isCaused(by reason: String) -> Bool { causes.contains { $0.reason == reason } }
    switch status {
    case 401: return .unauthorized
    case 403: return isCaused(by: "NamespaceTerminating") ? .namespaceTerminating : .forbidden
    case 404: return .notFound
    case 409:
      if isCaused(by: "FieldManagerConflict") { return .fieldConflict }
      return reason == "AlreadyExists" ? .alreadyExists : .conflict
    case 410: return .expired
    case 429: return isCaused(by: "DisruptionBudget") ? .disruptionBudget : .tooManyRequests
    case 400..<500:
      return reason.isEmpty && message.hasPrefix("admission webhook ") ? .denied : .invalid
    // Without a reason it is the request that is wrong, whatever the number says.
    case 500: return reason.isEmpty ? .invalid : .serverFailure
    case 501...: return .serverFailure
    default: return .malformedAnswer
    }
  }

  /// What is no `Status`: an unknown path (plain text), or something before the API server.
  private func plainError(for request: ClusterRequest) -> ClusterError {
    let kind: ClusterError.Kind =
      switch status {
      case 401: .unauthorized
      case 403: .forbidden
      case 404: .kindNotServed
      case 409: .conflict
      case 410: .expired
      case 429: .tooManyRequests
      case 400..<500: .invalid
      case 500...: .serverFailure
      default: .malformedAnswer
      }
    let message =
      switch kind {
      case .kindNotServed:
        "the server does not serve \(request.path.prefix { $0 != "?" }); install what defines it (its CRDs)"
      case .malformedAnswer: "status \(status), which no API server gives here; check the server's address"
      default: "status \(status)\(words.isEmpty ? "" : ": \(words)")"
      }
    return ClusterError(
      kind, request: request.summary, status: status, message: message, retryAfter: retryAfter)
  }

  /// The beginning of the body on one line.
  private var words: String {
    var words = ""
    for scalar in String(decoding: body.prefix(300), as: UTF8.self).unicodeScalars {
      words.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
    }
    return words.trimming
  }

  /// A refused Secret may be quoted in the refusal, whole or in part: of such only the fields are told.
  private static func withoutValues(_ error: ClusterError, reason: String) -> ClusterError {
    switch error.kind {
    case .invalid, .denied, .malformedAnswer, .serverFailure: break
    default: return error
    }
    var error = error
    error.causes = error.causes.map {
      ClusterError.Cause(reason: $0.reason, message: "refused; its value is not shown", field: $0.field)
    }
    let fields = error.causes.map(\.field).filter { !$0.isEmpty }
    error.message =
      "the server refuses it\(reason.isEmpty ? "" : " (\(reason))")"
      + (fields.isEmpty ? "" : " for \(fields.joined(separator: ", "))")
      + "; what it says is not shown, since it may quote what is secret"
    return error
  }
}

extension String {
  fileprivate var trimming: String {
    let scalars = unicodeScalars
    guard let first = scalars.firstIndex(where: { $0 != " " }), let last = scalars.lastIndex(where: { $0 != " " })
    else { return "" }
    return String(scalars[first...last])
  }
}

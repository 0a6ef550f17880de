/// One request, before it is known whether it is sent once or again.
struct ClusterRequest: Sendable {
  enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  var method: Method
  /// With its query.
  var path: String
  /// `Deployment shop/api`, for errors; empty for the path itself.
  var subject = ""
  var accept = "application/json"
  var contentType: String?
  var body: [UInt8] = []
  /// What sending it twice does.
  var repetition: RetryPolicy.Repetition
  /// Whether the server's words about it may hold values that nobody may see.
  var isSecret = false
  /// Whether it waits for no other: a Lease that is renewed behind a thousand objects is lost.
  var isUrgent = false

  /// `PATCH Deployment shop/api`.
  var summary: String {
    "\(method.rawValue) \(subject.isEmpty ? String(path.prefix { $0 != "?" }) : subject)"
  }

  func error(_ kind: ClusterError.Kind, _ message: String) -> ClusterError {
    ClusterError(kind, request: summary, message: message)
  }
}

/// What came back, with status 200 to 299.
struct ClusterAnswer: Sendable {
  var status: Int
  var contentType: String
  var body: [UInt8]
  /// The texts of the headers `Warning`.
  var warnings: [String]
}

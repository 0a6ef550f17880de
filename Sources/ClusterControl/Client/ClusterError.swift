/// Why a request to a Kubernetes API server did not do what was asked.
///
/// What the server says is kept as it said it: its `Status` with all causes
/// (<https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#response-status-kind>).
public struct ClusterError: Error, Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// No connection, or it broke off: nothing is known of what the request did.
    case unreachable
    /// The server's certificate is not trusted.
    case untrusted
    /// No answer in time.
    case timedOut
    /// 401: the credentials are wrong or have run out.
    case unauthorized
    /// 403.
    case forbidden
    /// 403 since the namespace is being deleted.
    case namespaceTerminating
    /// 404: the object, or its namespace.
    case notFound
    /// 404 for the kind itself: the server does not serve its group or version.
    case kindNotServed
    /// 409 with owners of fields, under server-side apply.
    case fieldConflict
    /// 409 for a `resourceVersion` or `uid` that no longer holds.
    case conflict
    /// 409 since there is one of that name.
    case alreadyExists
    /// 410: the resource version or continue token is too old.
    case expired
    /// 400, 413, 415, 422 and 500 without a reason: the request itself is wrong and is never repeated.
    case invalid
    /// An admission webhook said no.
    case denied
    /// 429.
    case tooManyRequests
    /// 429 for an eviction that a disruption budget does not allow now.
    case disruptionBudget
    /// 500 with a reason, 502, 503, 504.
    case serverFailure
    /// What came is not what the API says.
    case malformedAnswer
    /// The task was cancelled: nothing is known of what the request did.
    case cancelled
  }

  /// One of the server's causes: a field and what is wrong with it.
  public struct Cause: Sendable, Hashable {
    public var reason: String
    public var message: String
    /// A path such as `.spec.template.spec.containers[name="web"].image`; empty where there is none.
    public var field: String

    public init(reason: String, message: String, field: String) {
      self.reason = reason
      self.message = message
      self.field = field
    }
  }

  public var kind: Kind
  /// `PATCH Deployment shop/api`, or a path where no object is meant.
  public var request: String
  /// The HTTP status; `nil` where none came.
  public var status: Int?
  /// The server's own words; for what did not come from it, what is wrong and how to mend it.
  public var message: String
  public var causes: [Cause]
  /// How long the server asks to wait.
  public var retryAfter: Duration?

  public init(
    _ kind: Kind, request: String, status: Int? = nil, message: String, causes: [Cause] = [],
    retryAfter: Duration? = nil
  ) {
    self.kind = kind
    self.request = request
    self.status = status
    self.message = message
    self.causes = causes
    self.retryAfter = retryAfter
  }
}

extension ClusterError: CustomStringConvertible {
  /// On one line for each cause that the message does not tell already.
  public var description: String {
    let untold = causes.filter { !message.contains($0.message) }
    return (["\(request): \(message)"] + untold.map { "  \($0.field.isEmpty ? "" : $0.field + ": ")\($0.message)" })
      .joined(separator: "\n")
  }
}

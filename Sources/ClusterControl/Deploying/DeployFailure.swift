import DeployPlan

/// Why a deployment did not come about, or did not end well.
public struct DeployFailure: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// What the API server said, or that it said nothing.
    case cluster(ClusterError)
    /// Another run holds the system, or took it over.
    case locked
    /// The plan shows what must not be done unasked: conflicts, objects of others, kinds that are not served.
    case refused
    /// What was recorded cannot be read or written.
    case record
    /// There is no such deployment, or no system.
    case notFound
    /// An agent did not become ready.
    case agent
    /// The time was over.
    case timedOut
    /// Asked to stop.
    case interrupted
  }

  public var kind: Kind
  /// In lower case, with the mend.
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  init(_ error: ClusterError) {
    kind = error.kind == .cancelled ? .interrupted : .cluster(error)
    message = error.kind == .cancelled ? "interrupted" : error.description
  }

  public var description: String { message }

  static func wrapping<Value>(
    _ body: () async throws(ClusterError) -> Value
  ) async throws(DeployFailure) -> Value {
    do throws(ClusterError) { return try await body() } catch { throw DeployFailure(error) }
  }
}

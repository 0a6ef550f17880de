/// A failure that the stand is told to give in place of its own answer.
public enum StandFailure: Sendable, Hashable {
  /// This status; a `Status` object with the reason that Kubernetes gives with it.
  case status(Int, retryAfter: Int? = nil)
  /// The connection is closed before the request is carried out.
  case cutBefore
  /// The request is carried out, and the connection closed before the answer; a watch is cut after its first line.
  case cutAfter
  /// So many milliseconds before the answer.
  case slow(milliseconds: Int)
  /// Not carried out until ``ClusterStand/release(carryingOut:)``.
  case hold
  /// Carried out, and the answer kept back until ``ClusterStand/release(carryingOut:)``.
  case holdAnswer
}

/// Which requests fail, and how.
public struct StandFault: Sendable {
  public var failure: StandFailure
  /// `get list watch create update patch apply delete deletecollection`; `nil` for any.
  public var verb: String?
  /// The plural name, such as `deployments`; `nil` for any.
  public var resource: String?
  public var name: String?
  /// So many that fit pass before the first that fails.
  public var skip: Int
  /// So many fail; `nil` for all from then on.
  public var times: Int?
  /// Of failing, each time, by the stand's seed.
  public var probability: Double

  public init(
    _ failure: StandFailure, verb: String? = nil, resource: String? = nil, name: String? = nil, skip: Int = 0,
    times: Int? = 1, probability: Double = 1
  ) {
    self.failure = failure
    self.verb = verb
    self.resource = resource
    self.name = name
    self.skip = skip
    self.times = times
    self.probability = probability
  }
}

/// One request that was made.
public struct StandLogEntry: Sendable, Hashable {
  /// As ``StandFault/verb``; `discovery` for what is no object.
  public var verb: String
  public var resource: String
  public var namespace: String
  public var name: String
  public var isDryRun: Bool
  /// With its query.
  public var target: String
  /// `nil` where the connection was cut.
  public var status: Int?
  public var userAgent: String
}

/// How hard delivery to one handler tries.
public struct DeliveryPolicy: Sendable, Hashable {
  /// For one call. Its task is then cancelled; the next call begins only when this one has returned.
  public var timeout: Duration = .seconds(10)
  /// Calls for one notification before it is given up; at least one is made.
  public var attempts = 5
  /// Before the second call; doubled for each further one, and cut by up to a half at random.
  public var firstBackOff: Duration = .seconds(1)
  public var longestBackOff: Duration = .seconds(60)
  /// Notifications that may wait. One more drops the oldest: what is newest says how things stand.
  public var queueLength = 10_000

  public init() {}
}

/// What became of the notifications to one handler so far.
public struct DeliveryStatistics: Sendable, Hashable {
  public var handler: String
  /// Notifications that the handler took.
  public var deliveries = 0
  /// Calls that threw or took too long.
  public var failures = 0
  /// Notifications given up: after all attempts, or because too many waited.
  public var drops = 0
  /// Notifications that wait or are being delivered.
  public var waiting = 0
}

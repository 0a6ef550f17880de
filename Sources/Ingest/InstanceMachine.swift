import FleetModel

/// Both clocks at one moment: the wall clock is shown to people, the other one measures.
struct Moment: Sendable, Hashable {
  var wall: Timestamp
  var monotonic: Duration
}

/// When an instance counts as unhealthy and when as lost.
struct LivenessPolicy: Sendable, Hashable {
  /// Failed rounds in a row that make an instance unhealthy.
  var failureThreshold = 1
  /// Without any sign of life for this long it is lost: three intervals.
  var lostAfter: Duration = .seconds(90)
}

/// What one round of collection, health check and look at the process showed.
struct RoundOutcome: Sendable, Hashable {
  /// What failed, in words; `nil` if nothing did.
  var failure: String?
  /// Something was checked, and all of it was good.
  var good: Bool
  /// It answered, be it with an error, or its process runs.
  var alive: Bool
}

/// The life of one instance (SPEC §3): `pending` → `active` on the first good round or heartbeat; `unhealthy` after
/// `failureThreshold` failed rounds; `lost` after three intervals without any sign of life; back to `active` on
/// success.
///
/// A heartbeat keeps an instance from being lost, but does not outweigh failing collections: only a good round makes an
/// instance `active` again whose rounds fail. An answer with an error, or a running process, is a sign of life, so an
/// agent that answers badly for hours is `unhealthy`, not `lost`.
struct InstanceMachine: Sendable {
  enum Event: Sendable, Hashable {
    case heartbeat
    case round(RoundOutcome)
  }

  enum Action: Sendable, Hashable {
    case failed(String)
    case recovered
  }

  private(set) var status: AgentStatus
  private(set) var lastError: String?
  private(set) var lastSeen: Timestamp?
  private var lastSign: Duration
  private var failures: Int
  /// Whether `recovered` was said and nothing has failed since.
  private var isKnownGood = false

  /// Begins at `now`, with what was known before a restart. Silence counts from `now`.
  init(status: AgentStatus = .pending, lastError: String? = nil, lastSeen: Timestamp? = nil, at now: Moment) {
    self.status = status
    self.lastError = status == .active ? nil : lastError
    self.lastSeen = lastSeen
    lastSign = now.monotonic
    failures = status == .unhealthy ? Self.manyFailures : 0
  }

  private static let manyFailures = 1 << 30

  mutating func step(_ event: Event, policy: LivenessPolicy, at now: Moment) -> Action? {
    switch event {
    case .heartbeat:
      lastSeen = now.wall
      lastSign = now.monotonic
      guard failures >= policy.failureThreshold else { return succeed() }
      status = .unhealthy
      return nil
    case .round(let outcome):
      if outcome.alive || outcome.good { lastSign = now.monotonic }
      let isSilent = now.monotonic - lastSign >= policy.lostAfter
      if let failure = outcome.failure {
        return fail(failure, isLost: isSilent || (status == .lost && !outcome.alive), policy: policy)
      }
      if outcome.good {
        lastSeen = now.wall
        failures = 0
        return succeed()
      }
      guard isSilent, status != .lost else { return nil }
      // Silence is no failed round: the next heartbeat ends it.
      status = .lost
      isKnownGood = false
      let reason = "no sign of life for \(PrometheusDuration.format(now.monotonic - lastSign))"
      lastError = reason
      return .failed(reason)
    }
  }

  private mutating func succeed() -> Action? {
    status = .active
    lastError = nil
    defer { isKnownGood = true }
    return isKnownGood ? nil : .recovered
  }

  private mutating func fail(_ reason: String, isLost: Bool, policy: LivenessPolicy) -> Action {
    failures = min(failures + 1, Self.manyFailures)
    lastError = reason
    isKnownGood = false
    if isLost {
      status = .lost
    } else if failures >= policy.failureThreshold {
      status = .unhealthy
    }
    return .failed(reason)
  }
}

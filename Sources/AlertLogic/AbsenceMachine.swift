public import FleetModel

/// What an absence rule asks.
public struct AbsenceTerms: Sendable, Hashable {
  public var window: Duration
  public var holding: HoldTerms

  public init(window: Duration, holding: HoldTerms = HoldTerms()) {
    self.window = max(window, .milliseconds(1))
    self.holding = holding
  }
}

/// Watches one metric of one agent for an absence rule.
///
/// The condition holds once no series of that metric of that agent that fits the rule has had a sample for `window`, by the
/// time of arrival. It is about the pair, not about single series: a pod that is replaced by another is no absence as long
/// as one of them reports. NaN is a sample; a staleness marker is none, nor does it shorten the window.
///
/// The window begins with the last sample; for a pair that was never seen (one that a rule names outright), with the rule;
/// after a restart of Skep, with the restart, since a watcher that slept cannot tell. A pair whose agent is no longer
/// watched is dormant until its next sample, unless the rule names it outright.
public struct AbsenceMachine: Sendable, Hashable {
  public enum Event: Sendable, Hashable {
    case sample
    case timePassed
    /// The agent was taken out of the fleet.
    case agentRemoved
    /// The rule was removed.
    case unwatched
  }

  /// Whether the rule names this pair outright.
  public let isNamed: Bool
  public private(set) var lifecycle: AlertLifecycle
  public private(set) var isDormant = false
  public private(set) var lastSeen: Timestamp

  public init(isNamed: Bool, phase: AlertLifecycle.Phase = .inactive, at now: Timestamp) {
    self.isNamed = isNamed
    lifecycle = AlertLifecycle(phase: phase)
    lastSeen = now
  }

  /// Takes up where a machine stood before a restart. Its window begins anew.
  public mutating func resume(_ phase: AlertLifecycle.Phase, at now: Timestamp) {
    lifecycle = AlertLifecycle(phase: phase)
    lastSeen = now
  }

  public mutating func step(_ event: Event, _ terms: AbsenceTerms, at now: Timestamp) -> AlertTransition? {
    switch event {
    case .sample:
      lastSeen = now
      isDormant = false
      if lifecycle.phase == .inactive { return nil }
      return lifecycle.step(conditionHolds: false, terms.holding, at: now)
    case .timePassed:
      if isDormant { return nil }
      // After a restart a restored alert goes on although its window has begun anew: only a sample ends it.
      if lifecycle.conditionHolds { return lifecycle.tick(terms.holding, at: now) }
      return lifecycle.step(conditionHolds: now >= lastSeen + terms.window, terms.holding, at: now)
    case .agentRemoved:
      if isNamed { return nil }
      isDormant = true
      return lifecycle.end()
    case .unwatched:
      isDormant = true
      return lifecycle.end()
    }
  }

  /// When ``Event/timePassed`` will next have an effect.
  public func deadline(_ terms: AbsenceTerms) -> Timestamp? {
    if isDormant { return nil }
    switch lifecycle.phase {
    case .inactive: return lastSeen + terms.window
    case .pending, .firing: return lifecycle.deadline(terms.holding)
    case .kept(let until): return min(until, lastSeen + terms.window)
    }
  }
}

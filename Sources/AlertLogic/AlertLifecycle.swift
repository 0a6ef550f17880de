public import FleetModel

/// What became of an alert in one step.
public enum AlertTransition: Sendable, Hashable {
  /// The condition holds, not yet long enough.
  case becamePending
  /// The alert fires now.
  case fired
  /// It fires still, or again while it was kept; nobody is told.
  case continued
  /// The condition ended before the alert fired; nobody is told.
  case dropped
  /// The alert ended.
  case resolved
}

/// The life of one alert, with Prometheus' meaning of `for` and `keep_firing_for`:
///
/// 1. *inactive*: the condition does not hold.
/// 2. *pending*: it holds, for less than `for`. Ends unnoticed if the condition ends.
/// 3. *firing*: it held for `for` without a break.
/// 4. *kept*: it fires still, although the condition has ended, until `keep_firing_for` is over; back to 3 without notice
///    if the condition holds again, else resolved.
public struct AlertLifecycle: Sendable, Hashable {
  public enum Phase: Sendable, Hashable {
    case inactive
    case pending(since: Timestamp)
    case firing
    case kept(until: Timestamp)
  }

  public private(set) var phase: Phase

  public init(phase: Phase = .inactive) { self.phase = phase }

  /// Whether the condition held when last looked at.
  public var conditionHolds: Bool {
    switch phase {
    case .pending, .firing: true
    case .inactive, .kept: false
    }
  }

  /// Takes in whether the condition holds at `now`.
  public mutating func step(conditionHolds holds: Bool, _ terms: HoldTerms, at now: Timestamp) -> AlertTransition? {
    switch (phase, holds) {
    case (.inactive, false): return nil
    case (.inactive, true):
      if terms.hold <= .zero {
        phase = .firing
        return .fired
      }
      phase = .pending(since: now)
      return .becamePending
    case (.pending(let since), true):
      guard now >= since + terms.hold else { return nil }
      phase = .firing
      return .fired
    case (.pending, false):
      phase = .inactive
      return .dropped
    case (.firing, true): return .continued
    case (.firing, false):
      if terms.keepFiringFor <= .zero {
        phase = .inactive
        return .resolved
      }
      phase = .kept(until: now + terms.keepFiringFor)
      return nil
    case (.kept, true):
      phase = .firing
      return .continued
    case (.kept(let until), false):
      guard now >= until else { return nil }
      phase = .inactive
      return .resolved
    }
  }

  /// Takes in that time has passed, nothing else being new.
  public mutating func tick(_ terms: HoldTerms, at now: Timestamp) -> AlertTransition? {
    switch phase {
    case .inactive, .firing: nil
    case .pending: step(conditionHolds: true, terms, at: now)
    case .kept: step(conditionHolds: false, terms, at: now)
    }
  }

  /// Ends the alert at once, whatever `keep_firing_for` says: what it watched is no longer watched.
  public mutating func end() -> AlertTransition? {
    defer { phase = .inactive }
    switch phase {
    case .inactive: return nil
    case .pending: return .dropped
    case .firing, .kept: return .resolved
    }
  }

  /// When ``tick(_:at:)`` will next have something to say; `nil` if only the condition can change anything.
  public func deadline(_ terms: HoldTerms) -> Timestamp? {
    switch phase {
    case .inactive, .firing: nil
    case .pending(let since): since + terms.hold
    case .kept(let until): until
    }
  }
}

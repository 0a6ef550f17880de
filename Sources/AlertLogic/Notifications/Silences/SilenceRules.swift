import FleetModel

/// How silences are set and expired (Alertmanager's `silence.Silences.Set` and `Expire`).
enum SilenceRules {
  /// What setting a silence does.
  enum Change: Sendable, Hashable {
    case update(Silence)
    /// A new one, and the one before, where it was in force or still to come, as it ends for it.
    case create(Silence, expiring: Silence?)
  }

  static func set(_ silence: Silence, known: Silence?, newID: String, at now: Timestamp) throws(SilenceError) -> Change
  {
    if !silence.id.isEmpty, known == nil { throw .notFound(id: silence.id) }
    guard !silence.matchers.isEmpty else { throw .noMatchers }
    let tests = try SilenceTable.compile(silence.matchers)
    // As Alertmanager: only `=` and `=~` can be too wide.
    let takesEmpty = zip(silence.matchers, tests).allSatisfy { matcher, test in
      (matcher.operation == .equal || matcher.operation == .matches) && test.accepts(value: "")
    }
    if takesEmpty { throw .matchesEverything }
    if silence.endsAt <= silence.startsAt { throw .endsBeforeItStarts }
    if silence.endsAt <= now { throw .endsInThePast }
    var new = silence
    new.updatedAt = now
    if let known, canUpdate(known, to: silence, at: now) { return .update(new) }
    new.id = newID
    new.startsAt = max(silence.startsAt, now)
    guard let known, known.state(at: now) != .expired else { return .create(new, expiring: nil) }
    return .create(new, expiring: expired(known, at: now))
  }

  /// Whether the change leaves what was silenced so far as it was.
  private static func canUpdate(_ known: Silence, to new: Silence, at now: Timestamp) -> Bool {
    guard known.matchers == new.matchers else { return false }
    switch known.state(at: now) {
    case .active: return new.startsAt.wholeSeconds == known.startsAt.wholeSeconds
    case .pending: return new.startsAt >= now
    case .expired: return false
    }
  }

  static func expire(_ silence: Silence, at now: Timestamp) throws(SilenceError) -> Silence {
    if silence.state(at: now) == .expired { throw .alreadyExpired(id: silence.id) }
    return expired(silence, at: now)
  }

  private static func expired(_ silence: Silence, at now: Timestamp) -> Silence {
    var expired = silence
    expired.startsAt = min(silence.startsAt, now)
    expired.endsAt = now
    expired.updatedAt = now
    return expired
  }
}

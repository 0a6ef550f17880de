import FleetModel

/// Whether an integration is told of a group, and why: Alertmanager's `DedupStage.needsUpdate`
/// (<https://github.com/prometheus/alertmanager/blob/v0.25.0/notify/notify.go>).
public enum NotificationDecision: Sendable, Hashable {
  public enum Reason: String, Sendable, Hashable, CaseIterable {
    /// It was never told of this group, and something fires.
    case first
    /// Something fires that it was not told of.
    case newFiring
    /// Nothing fires any more of what it was told of.
    case allResolved
    /// Something ended that it was not told of.
    case newResolved
    /// It was told longer than `repeat_interval` ago.
    case repetition
  }

  public enum Quiet: String, Sendable, Hashable, CaseIterable {
    /// Nothing fires, and it was never told that something did.
    case neverFired
    /// It knows all of it.
    case unchanged
  }

  case tell(Reason)
  case stay(Quiet)

  /// - Parameters:
  ///   - firing: the fingerprints of what fires, rising.
  ///   - resolved: the same of what ended.
  ///   - entry: what the integration was last told of the group.
  init(
    firing: [UInt64], resolved: [UInt64], entry: NotificationLog.Entry?, sendResolved: Bool, repeatInterval: Duration,
    at now: Timestamp
  ) {
    guard let entry, entry.expiresAt > now else {
      self = firing.isEmpty ? .stay(.neverFired) : .tell(.first)
      return
    }
    if !Self.isSubset(firing, of: entry.firing) {
      self = .tell(.newFiring)
    } else if firing.isEmpty {
      self = entry.firing.isEmpty ? .stay(.neverFired) : .tell(.allResolved)
    } else if sendResolved, !Self.isSubset(resolved, of: entry.resolved) {
      self = .tell(.newResolved)
    } else {
      self = entry.toldAt < now - repeatInterval ? .tell(.repetition) : .stay(.unchanged)
    }
  }

  /// Both rise. O(a + b).
  private static func isSubset(_ a: [UInt64], of b: [UInt64]) -> Bool {
    var index = 0
    for value in a {
      while index < b.count, b[index] < value { index += 1 }
      guard index < b.count, b[index] == value else { return false }
    }
    return true
  }
}

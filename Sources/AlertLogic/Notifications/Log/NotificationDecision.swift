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
}

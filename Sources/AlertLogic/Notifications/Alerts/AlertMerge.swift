import FleetModel

extension NotifiedAlert {
  /// This alert, known so far, with `new` taken in, as Alertmanager's provider does it: where their times overlap they are one, else
  /// the new one takes the place of the old (`provider/mem.Alerts.Put`, `types.Alert.Merge`).
  func taking(_ new: NotifiedAlert, at now: Timestamp) -> NotifiedAlert {
    guard overlaps(new) else { return new }
    let (younger, older) = new.updatedAt < updatedAt ? (self, new) : (new, self)
    var merged = younger
    merged.startsAt = min(older.startsAt, younger.startsAt)
    let endsLater = Self.end(older) > Self.end(younger)
    if younger.isResolved(at: now) {
      if older.isResolved(at: now), endsLater { merged.endsAt = older.endsAt }
    } else if endsLater, !older.endsByTimeout, older.endsAt != nil {
      merged.endsAt = older.endsAt
    }
    return merged
  }

  private func overlaps(_ new: NotifiedAlert) -> Bool {
    let end = Self.end(self)
    let newEnd = Self.end(new)
    return (newEnd > startsAt && newEnd < end) || (new.startsAt > startsAt && new.startsAt < end)
  }

  /// No end is later than any.
  private static func end(_ alert: NotifiedAlert) -> Timestamp {
    alert.endsAt ?? Timestamp(milliseconds: .max)
  }
}

public import FleetModel

extension NotificationMachine {
  /// Sets a silence: a new one where its id is empty, else a change of the one that has this id. What was silenced so far stays as it was:
  /// where the change would alter that, the old silence ends and a new one begins.
  ///
  /// - Parameter newID: the id of a silence that is new; a UUID that was never used.
  /// - Returns: the id of the silence that now holds.
  public mutating func set(_ silence: Silence, newID: String, at now: Timestamp) throws(SilenceError) -> String {
    observe(now)
    let change = try SilenceRules.set(silence, known: silenceTable[silence.id], newID: newID, at: now)
    switch change {
    case .update(let silence):
      try store(silence)
      return silence.id
    case .create(let silence, let expiring):
      if let expiring { try store(expiring) }
      try store(silence)
      return silence.id
    }
  }

  /// Ends a silence now; one that is still to come never begins.
  public mutating func expire(_ id: String, at now: Timestamp) throws(SilenceError) {
    observe(now)
    guard let silence = silenceTable[id] else { throw .notFound(id: id) }
    try store(try SilenceRules.expire(silence, at: now))
  }

  private mutating func store(_ silence: Silence) throws(SilenceError) {
    try silenceTable.put(silence)
    pending.silences.insert(silence.id)
  }

  /// All that are remembered, in the order in which they were made.
  public var silences: [Silence] { silenceTable.entries.map(\.silence) }

  public func silence(id: String) -> Silence? { silenceTable[id] }
}

import FleetModel

/// What each integration was last told about each group. An entry that names nothing firing is not kept: without it the
/// decisions are the same.
struct NotificationLog: Sendable {
  struct Entry: Sendable, Hashable {
    /// Fingerprints, rising.
    var firing: [UInt64]
    var resolved: [UInt64]
    var toldAt: Timestamp
    var expiresAt: Timestamp
  }

  private struct Key: Sendable, Hashable {
    var route: Int32
    var receiver: Int32
    var integration: Int32
    var labels: LabelSet
  }

  private var texts = TextTable()
  private var entries: [Key: Entry] = [:]
  private var changed: Set<Key> = []
  private var gone: Set<Key> = []

  /// Entries outlive two repetitions and Alertmanager's five days.
  static let retention: Duration = .seconds(120 * 3600)

  var count: Int { entries.count }

  subscript(key: LogKey) -> Entry? { known(key).flatMap { entries[$0] } }

  mutating func put(_ entry: Entry, for key: LogKey) {
    let key = number(key)
    guard !entry.firing.isEmpty else { return remove(key) }
    entries[key] = entry
    gone.remove(key)
    changed.insert(key)
  }

  mutating func restore(_ record: LogRecord) {
    guard !record.firing.isEmpty else { return }
    entries[number(record.key)] = Entry(
      firing: record.firing, resolved: record.resolved, toldAt: record.toldAt, expiresAt: record.expiresAt)
  }

  private mutating func remove(_ key: Key) {
    changed.remove(key)
    if entries.removeValue(forKey: key) != nil { gone.insert(key) }
  }

  /// O(entries).
  mutating func removeExpired(at now: Timestamp) {
    for key in entries.filter({ $0.value.expiresAt <= now }).keys { remove(key) }
  }

  /// The wall clock was set back: what was told cannot have been told later than now. O(entries).
  mutating func clampTimes(to now: Timestamp) {
    for (key, entry) in entries where entry.toldAt > now {
      entries[key]?.toldAt = now
      changed.insert(key)
    }
  }

  mutating func takeChanges(into changes: inout StateChanges) {
    for key in changed { if let entry = entries[key] { changes.log.append(record(key, entry)) } }
    for key in gone { changes.goneLog.append(logKey(key)) }
    changed.removeAll()
    gone.removeAll()
  }

  var records: [LogRecord] { entries.map { record($0.key, $0.value) } }

  private func record(_ key: Key, _ entry: Entry) -> LogRecord {
    LogRecord(
      key: logKey(key), firing: entry.firing, resolved: entry.resolved, toldAt: entry.toldAt, expiresAt: entry.expiresAt
    )
  }

  private func logKey(_ key: Key) -> LogKey {
    LogKey(
      routeKey: texts[key.route], groupLabels: key.labels, receiver: texts[key.receiver],
      integration: texts[key.integration])
  }

  private mutating func number(_ key: LogKey) -> Key {
    Key(
      route: texts.number(key.routeKey), receiver: texts.number(key.receiver),
      integration: texts.number(key.integration), labels: key.groupLabels)
  }

  private func known(_ key: LogKey) -> Key? {
    guard let route = texts.known(key.routeKey), let receiver = texts.known(key.receiver),
      let integration = texts.known(key.integration)
    else { return nil }
    return Key(route: route, receiver: receiver, integration: integration, labels: key.groupLabels)
  }
}

/// Texts that come again and again, by number.
private struct TextTable: Sendable {
  private var texts: [String] = []
  private var numbers: [String: Int32] = [:]

  subscript(number: Int32) -> String { texts[Int(number)] }

  func known(_ text: String) -> Int32? { numbers[text] }

  mutating func number(_ text: String) -> Int32 {
    if let number = numbers[text] { return number }
    let number = Int32(truncatingIfNeeded: texts.count)
    texts.append(text)
    numbers[text] = number
    return number
  }
}

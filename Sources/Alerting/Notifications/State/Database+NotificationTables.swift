import AlertLogic
import FleetModel
import FoundationEssentials
import GRDB

/// The tables of ``NotificationDatabase``, version 1. Times are milliseconds since 1970; labels and annotations are the canonical
/// bytes of a `LabelSet`; fingerprints are eight bytes each, little-endian; text is UTF-8, as a blob where it holds a zero byte.
extension Database {
  func createNotificationTables() throws {
    try execute(
      sql: """
        CREATE TABLE alerts (
          labels BLOB PRIMARY KEY NOT NULL, annotations BLOB NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER,
          updated_at INTEGER NOT NULL, ends_by_timeout INTEGER NOT NULL, generator_url NOT NULL,
          left_routes TEXT  -- the ids of routes, as a JSON array
        ) WITHOUT ROWID;
        CREATE TABLE groups (
          route NOT NULL, labels BLOB NOT NULL, next_flush INTEGER NOT NULL, has_flushed INTEGER NOT NULL,
          is_flushing INTEGER NOT NULL, PRIMARY KEY (route, labels)
        ) WITHOUT ROWID;
        CREATE TABLE silences (
          id TEXT PRIMARY KEY NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
          created_by NOT NULL, comment NOT NULL,
          matchers TEXT NOT NULL  -- a JSON array of {name, operation, value}
        ) WITHOUT ROWID;
        CREATE TABLE told (
          route NOT NULL, labels BLOB NOT NULL, receiver NOT NULL, integration TEXT NOT NULL, firing BLOB NOT NULL,
          resolved BLOB NOT NULL, told_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
          PRIMARY KEY (route, labels, receiver, integration)
        ) WITHOUT ROWID;
        """)
  }

  func apply(_ changes: PendingChanges) throws {
    for (labels, record) in changes.alerts {
      guard let record else {
        try run("DELETE FROM alerts WHERE labels = ?", [Data(labels.encoded)])
        continue
      }
      let alert = record.alert
      try run(
        "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
          Data(labels.encoded), Data(alert.annotations.encoded), alert.startsAt.milliseconds,
          alert.endsAt?.milliseconds, alert.updatedAt.milliseconds, alert.endsByTimeout,
          Self.stored(alert.generatorURL), record.leftRoutes.isEmpty ? nil : try Self.json(record.leftRoutes),
        ])
    }
    for (id, record) in changes.groups {
      guard let record else {
        try run(
          "DELETE FROM groups WHERE route = ? AND labels = ?", [Self.stored(id.routeID), Data(id.labels.encoded)])
        continue
      }
      try run(
        "INSERT OR REPLACE INTO groups VALUES (?, ?, ?, ?, ?)",
        [
          Self.stored(id.routeID), Data(id.labels.encoded), record.nextFlush.milliseconds, record.hasFlushed,
          record.isFlushing,
        ])
    }
    for (id, silence) in changes.silences {
      guard let silence else {
        try run("DELETE FROM silences WHERE id = ?", [Self.stored(id)])
        continue
      }
      try run(
        "INSERT OR REPLACE INTO silences VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
          Self.stored(id), silence.startsAt.milliseconds, silence.endsAt.milliseconds, silence.updatedAt.milliseconds,
          Self.stored(silence.createdBy), Self.stored(silence.comment),
          try Self.json(silence.matchers.map(StoredMatcher.init)),
        ])
    }
    for (key, record) in changes.log {
      let name: [(any DatabaseValueConvertible)?] = [
        Self.stored(key.routeKey), Data(key.groupLabels.encoded), Self.stored(key.receiver), key.integration,
      ]
      guard let record else {
        try run("DELETE FROM told WHERE route = ? AND labels = ? AND receiver = ? AND integration = ?", name)
        continue
      }
      try run(
        "INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        name + [
          Self.bytes(record.firing), Self.bytes(record.resolved), record.toldAt.milliseconds,
          record.expiresAt.milliseconds,
        ])
    }
  }

  private func run(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws {
    let statement = try cachedStatement(sql: sql)
    statement.setUncheckedArguments(StatementArguments(arguments))
    try statement.execute()
  }

  // MARK: Reading

  /// - Returns: what the tables hold, and how many records do not decode.
  func loadNotificationState() throws -> (NotificationState, skipped: Int) {
    var state = NotificationState()
    var skipped = 0
    func load<Record>(_ sql: String, into records: inout [Record], _ decode: (Row) -> Record?) throws {
      let rows = try Row.fetchCursor(self, sql: sql)
      while let row = try rows.next() {
        if let record = decode(row) { records.append(record) } else { skipped += 1 }
      }
    }
    try load(
      """
      SELECT labels, annotations, starts_at, ends_at, updated_at, ends_by_timeout, generator_url, left_routes FROM alerts
      """, into: &state.alerts, Self.alert)
    try load(
      "SELECT route, labels, next_flush, has_flushed, is_flushing FROM groups", into: &state.groups, Self.group)
    try load(
      "SELECT id, starts_at, ends_at, updated_at, created_by, comment, matchers FROM silences", into: &state.silences,
      Self.silence)
    try load(
      "SELECT route, labels, receiver, integration, firing, resolved, told_at, expires_at FROM told",
      into: &state.log, Self.told)
    return (state, skipped)
  }

  private static func alert(_ row: Row) -> AlertRecord? {
    guard let labels = Self.labels(row, 0), let annotations = Self.labels(row, 1), let startsAt = time(row, 2),
      let updatedAt = time(row, 4), let byTimeout = Bool.fromDatabaseValue(row[5]), let url = text(row, 6)
    else { return nil }
    let alert = NotifiedAlert(
      labels: labels, annotations: annotations, startsAt: startsAt, endsAt: time(row, 3), updatedAt: updatedAt,
      endsByTimeout: byTimeout, generatorURL: url)
    return AlertRecord(alert: alert, leftRoutes: text(row, 7).flatMap { decoded([String].self, $0) } ?? [])
  }

  private static func group(_ row: Row) -> GroupRecord? {
    guard let route = text(row, 0), let labels = labels(row, 1), let nextFlush = time(row, 2),
      let hasFlushed = Bool.fromDatabaseValue(row[3]), let isFlushing = Bool.fromDatabaseValue(row[4])
    else { return nil }
    return GroupRecord(
      id: GroupID(routeID: route, labels: labels), nextFlush: nextFlush, hasFlushed: hasFlushed,
      isFlushing: isFlushing)
  }

  private static func silence(_ row: Row) -> Silence? {
    guard let id = text(row, 0), let startsAt = time(row, 1), let endsAt = time(row, 2), let updatedAt = time(row, 3),
      let createdBy = text(row, 4), let comment = text(row, 5),
      let stored = text(row, 6).flatMap({ decoded([StoredMatcher].self, $0) })
    else { return nil }
    let matchers = stored.compactMap(\.matcher)
    // With a matcher less it would silence more than anybody wanted.
    guard matchers.count == stored.count else { return nil }
    return Silence(
      id: id, matchers: matchers, startsAt: startsAt, endsAt: endsAt, updatedAt: updatedAt, createdBy: createdBy,
      comment: comment)
  }

  private static func told(_ row: Row) -> LogRecord? {
    guard let route = text(row, 0), let labels = labels(row, 1), let receiver = text(row, 2),
      let integration = text(row, 3), let firing = fingerprints(row, 4), let resolved = fingerprints(row, 5),
      let toldAt = time(row, 6), let expiresAt = time(row, 7)
    else { return nil }
    let key = LogKey(routeKey: route, groupLabels: labels, receiver: receiver, integration: integration)
    return LogRecord(key: key, firing: firing, resolved: resolved, toldAt: toldAt, expiresAt: expiresAt)
  }

  // MARK: Values

  private static func stored(_ text: String) -> any DatabaseValueConvertible {
    // SQLite's text ends at a zero byte where it goes through a C string.
    text.utf8.contains(0) ? Data(text.utf8) : text
  }

  private static func text(_ row: Row, _ column: Int) -> String? {
    let value: DatabaseValue = row[column]
    return switch value.storage {
    case .string(let text): text
    case .blob(let bytes): String(validating: bytes, as: UTF8.self)
    default: nil
    }
  }

  private static func time(_ row: Row, _ column: Int) -> Timestamp? {
    Int64.fromDatabaseValue(row[column]).map(Timestamp.init(milliseconds:))
  }

  private static func blob(_ row: Row, _ column: Int) -> Data? {
    let value: DatabaseValue = row[column]
    return switch value.storage {
    case .blob(let bytes): bytes
    default: nil
    }
  }

  private static func labels(_ row: Row, _ column: Int) -> LabelSet? {
    blob(row, column).flatMap { LabelSet(checking: [UInt8]($0)) }
  }

  private static func bytes(_ fingerprints: [UInt64]) -> Data {
    var data = Data(capacity: fingerprints.count * 8)
    for fingerprint in fingerprints {
      withUnsafeBytes(of: fingerprint.littleEndian) { data.append(contentsOf: $0) }
    }
    return data
  }

  private static func fingerprints(_ row: Row, _ column: Int) -> [UInt64]? {
    guard let data = blob(row, column), data.count % 8 == 0 else { return nil }
    return data.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).map {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
      }
    }
  }

  private static func json(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
  }

  private static func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) -> Value? {
    try? JSONDecoder().decode(type, from: Data(text.utf8))
  }
}

private struct StoredMatcher: Codable {
  var name: String
  var operation: String
  var value: String

  init(_ matcher: LabelMatcher) {
    name = matcher.name
    operation = matcher.operation.rawValue
    value = matcher.value
  }

  var matcher: LabelMatcher? {
    LabelMatcher.Operation(rawValue: operation).map { LabelMatcher(name, $0, value) }
  }
}

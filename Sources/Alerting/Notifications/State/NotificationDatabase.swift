import AlertLogic
import FleetModel
import FoundationEssentials
import GRDB
import Logging
import Platform
import SystemPackage

/// The file that notifications outlive the process in: SQLite with a write-ahead log, synced at checkpoints alone. So a commit
/// outlives the process whatever ends it, and all but the last few outlive the machine's power too; the file is whole either way
/// (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
///
/// All calls block; one at a time.
final class NotificationDatabase: Sendable {
  private let queue: DatabaseQueue

  private init(queue: DatabaseQueue) { self.queue = queue }

  /// The version of the tables, in `PRAGMA user_version`.
  static let version = 1
  /// "skep" as SQLite's application id.
  static let applicationID = 0x736b_6570

  /// Opens the file, or makes it. One that is damaged or is no such file is set aside under a name that the log says, and
  /// replaced with an empty one.
  ///
  /// - Throws: ``NewerNotificationState`` if a newer Skep wrote it; or if the file can neither be opened nor set aside.
  static func open(at path: FilePath, logger: Logger) throws -> (NotificationDatabase, NotificationState) {
    do {
      return try open(at: path, noting: logger)
    } catch let problem as Damage {
      let aside = try StateFile(path).setAside(with: ["-wal", "-shm"])
      logger.error(
        "the state of notifications cannot be used; it was set aside, silences and what was told before are forgotten",
        metadata: ["file": "\(path)", "set_aside": "\(aside)", "error": "\(problem)"])
      return try open(at: path, noting: logger)
    }
  }

  private static func open(
    at path: FilePath, noting logger: Logger
  ) throws -> (NotificationDatabase, NotificationState) {
    // For its owner alone; SQLite gives the files beside it the same rights.
    try FileDescriptor.open(path, .readWrite, options: .create, permissions: .ownerReadWrite).close()
    var configuration = Configuration()
    configuration.label = "skep.notifications"
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(2)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
    var opened: DatabaseQueue?
    do {
      let queue = try DatabaseQueue(path: path.string, configuration: configuration)
      opened = queue
      let (state, skipped) = try queue.write { database in
        try prepare(database)
        return try database.loadNotificationState()
      }
      if skipped > 0 {
        logger.error(
          "some records of the notifications' state do not decode and were left out",
          metadata: ["file": "\(path)", "records": "\(skipped)"])
      }
      return (NotificationDatabase(queue: queue), state)
    } catch let error as DatabaseError where Self.damages.contains(error.resultCode) {
      try? opened?.close()
      throw Damage(description: error.message ?? "\(error.resultCode)")
    } catch let error as Damage {
      try? opened?.close()
      throw error
    } catch let error as NewerTables {
      try? opened?.close()
      throw NewerNotificationState(file: path, version: error.version)
    }
  }

  /// Result codes that say what the file is, not how the disk or the process does. A table without the columns that it should
  /// have gives the general one.
  private static let damages: [ResultCode] = [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_FORMAT]

  private struct Damage: Error, CustomStringConvertible {
    let description: String
  }

  private struct NewerTables: Error {
    let version: Int
  }

  private static func prepare(_ database: Database) throws {
    let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    if version == 0, try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0 {
      try database.createNotificationTables()
      try database.execute(sql: "PRAGMA user_version = \(Self.version)")
      try database.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
      return
    }
    if version > Self.version,
      try Int.fetchOne(database, sql: "PRAGMA application_id") == Self.applicationID
    {
      throw NewerTables(version: version)
    }
    guard version == Self.version else {
      throw Damage(description: "version \(version) of the tables; this Skep knows version \(Self.version)")
    }
    let check = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
    guard check == "ok" else { throw Damage(description: check) }
  }

  /// Writes all in one transaction: when this returns it outlives the process; when it throws nothing of it is there.
  func write(_ changes: PendingChanges) throws { try queue.write { try $0.apply(changes) } }

  func close() throws { try queue.close() }
}

/// The state of notifications was written by a newer Skep. It is left as it is: silences and what was told are worth more than a start.
struct NewerNotificationState: Error, CustomStringConvertible {
  let file: FilePath
  let version: Int

  var description: String {
    "\(file) was written by a newer Skep (version \(version) of its tables; this one knows version "
      + "\(NotificationDatabase.version)); start that Skep again, or move the file away to begin without silences "
      + "and without what was told"
  }
}

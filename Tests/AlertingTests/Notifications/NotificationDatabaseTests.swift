import AlertLogic
import Dispatch
import FleetModel
import Platform
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Alerting

@Suite struct NotificationDatabaseTests {
  let scratch: ScratchDirectory
  let path: FilePath
  let start = Timestamp(milliseconds: 1_700_000_000_000)

  init() throws {
    scratch = try ScratchDirectory()
    path = scratch.path.appending("notifications.sqlite")
  }

  func open() throws -> (NotificationDatabase, NotificationState) {
    try NotificationDatabase.open(at: path, logger: quietLogger())
  }

  /// What the file holds, as a restart would find it.
  func stored() throws -> NotificationState {
    let (database, state) = try open()
    try database.close()
    return state
  }

  func changes(_ build: (inout StateChanges) -> Void) -> PendingChanges {
    var changes = StateChanges()
    build(&changes)
    var pending = PendingChanges()
    pending.add(changes)
    return pending
  }

  /// With everything that could get lost on the way to a file and back.
  var everything: StateChanges {
    let hostile = "a\0b\"'\n\u{1F600}\u{0301}"
    var changes = StateChanges()
    let alert = NotifiedAlert(
      labels: LabelSet(["alertname": hostile, "x": "y"]), annotations: LabelSet(["description": hostile]),
      startsAt: start, endsAt: start + .milliseconds(1), updatedAt: start + .milliseconds(2), endsByTimeout: true,
      generatorURL: "http://x/\0?q=\(hostile)")
    changes.alerts = [
      AlertRecord(alert: alert, leftRoutes: ["{}/{a=\"b\\n,\"}", hostile]),
      AlertRecord(
        alert: NotifiedAlert(
          labels: LabelSet(), startsAt: Timestamp(milliseconds: .min), updatedAt: Timestamp(milliseconds: .max))),
    ]
    changes.groups = [
      GroupRecord(
        id: GroupID(routeID: "{}/{x=\"\(hostile)\"}#2", labels: LabelSet(["x": hostile])), nextFlush: start,
        hasFlushed: true, isFlushing: false),
      GroupRecord(
        id: GroupID(routeID: "", labels: LabelSet()), nextFlush: start, hasFlushed: false, isFlushing: true),
    ]
    changes.silences = [
      Silence(
        id: "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
        matchers: [
          LabelMatcher("a", .equal, hostile), LabelMatcher("b", .notEqual, ""), LabelMatcher("c", .matches, "x|y"),
          LabelMatcher("d", .matchesNot, ".+"),
        ], startsAt: start, endsAt: start + .seconds(60), updatedAt: start, createdBy: hostile, comment: hostile)
    ]
    changes.log = [
      LogRecord(
        key: LogKey(
          routeKey: "{}", groupLabels: LabelSet(["x": hostile]), receiver: hostile, integration: "webhook[0]"),
        firing: [0, 1, .max], resolved: [], toldAt: start, expiresAt: start + .seconds(432_000)),
      LogRecord(
        key: LogKey(routeKey: "{}", groupLabels: LabelSet(), receiver: "", integration: "email[1]"), firing: [],
        resolved: [7], toldAt: start, expiresAt: start),
    ]
    return changes
  }

  func same(_ state: NotificationState, _ changes: StateChanges) -> Bool {
    Set(state.alerts) == Set(changes.alerts) && Set(state.groups) == Set(changes.groups)
      && Set(state.silences) == Set(changes.silences) && Set(state.log) == Set(changes.log)
  }

  @Test func everythingComesBackAsItWas() throws {
    let (database, empty) = try open()
    #expect(empty == NotificationState())
    var pending = PendingChanges()
    pending.add(everything)
    try database.write(pending)
    try database.close()
    #expect(try same(stored(), everything))
  }

  @Test func whatIsGoneIsGone() throws {
    let (database, _) = try open()
    var pending = PendingChanges()
    pending.add(everything)
    try database.write(pending)
    let all = everything
    try database.write(
      changes { changes in
        changes.goneAlerts = all.alerts.map(\.alert.labels)
        changes.goneGroups = all.groups.map(\.id)
        changes.goneSilences = all.silences.map(\.id)
        changes.goneLog = all.log.map(\.key)
      })
    try database.close()
    #expect(try stored() == NotificationState())
  }

  @Test func whatWentAndCameBackIsThere() throws {
    let (database, _) = try open()
    let all = everything
    var pending = PendingChanges()
    pending.add(all)
    var again = all
    again.goneAlerts = all.alerts.map(\.alert.labels)
    again.goneLog = all.log.map(\.key)
    pending.add(again)
    try database.write(pending)
    try database.close()
    #expect(try same(stored(), all))
  }

  /// A process that is killed closes nothing: what was written is in the write-ahead log beside the file.
  @Test func aFileThatWasNeverClosedHoldsWhatWasWritten() throws {
    let (database, _) = try open()
    var pending = PendingChanges()
    pending.add(everything)
    try database.write(pending)
    let copy = try ScratchDirectory()
    for suffix in ["", "-wal"] {
      let bytes = try #require(try StateFile(FilePath(path.string + suffix)).read())
      try StateFile(copy.path.appending("notifications.sqlite" + suffix)).write(bytes)
    }
    let (second, state) = try NotificationDatabase.open(
      at: copy.path.appending("notifications.sqlite"), logger: quietLogger())
    #expect(same(state, everything))
    try second.close()
    try database.close()
  }

  @Test(arguments: ["", "not a database at all, but long enough to look like the head of one .............."])
  func whatIsNoDatabaseIsSetAside(text: String) throws {
    try scratch.write("notifications.sqlite", text)
    let (database, state) = try open()
    #expect(state == NotificationState())
    var pending = PendingChanges()
    pending.add(everything)
    try database.write(pending)
    try database.close()
    #expect(scratch.read("notifications.sqlite.corrupt-1") == (text.isEmpty ? nil : text))
    #expect(try same(stored(), everything))
  }

  @Test func aNewerVersionIsLeftAsItIs() throws {
    let (database, _) = try open()
    try database.close()
    var bytes = try #require(try StateFile(path).read())
    // The user version of SQLite's file format (<https://www.sqlite.org/fileformat.html#user_version_number>).
    bytes[63] = 200
    try StateFile(path).write(bytes)
    let error = #expect(throws: NewerNotificationState.self) { _ = try open() }
    #expect(error?.description.contains("\(path) was written by a newer Skep (version 200") == true)
    #expect(scratch.read("notifications.sqlite.corrupt-1") == nil)
    // Of another program it is no state of ours.
    bytes[71] ^= 1
    try StateFile(path).write(bytes)
    let (second, _) = try open()
    try second.close()
    #expect(scratch.read("notifications.sqlite.corrupt-1") != nil)
  }

  /// Bytes turned over anywhere: it opens, with what is left or anew, and can be written.
  @Test(arguments: 1...60) func damageNeverKeepsSkepFromStarting(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    let (database, _) = try open()
    var all = everything
    for number in 0..<50 {
      all.alerts.append(
        AlertRecord(
          alert: NotifiedAlert(
            labels: LabelSet(["alertname": "A", "n": "\(number)"]), startsAt: start, updatedAt: start)))
    }
    var pending = PendingChanges()
    pending.add(all)
    try database.write(pending)
    try database.close()
    var bytes = try #require(try StateFile(path).read())
    if random.next() % 4 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
    for _ in 0..<(1 + random.next() % 40) where !bytes.isEmpty {
      bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
    }
    try StateFile(path).write(bytes)
    let (second, _) = try open()
    try second.write(pending)
    try second.close()
    #expect(try Set(stored().log).isSuperset(of: all.log))
  }

  @Test func labelsOfAFileAreChecked() {
    let good = LabelSet(["a": "b", "long": String(repeating: "x", count: 300)])
    #expect(LabelSet(checking: good.encoded) == good)
    #expect(LabelSet(checking: []) == LabelSet())
    for cut in 1..<good.encoded.count {
      _ = LabelSet(checking: Array(good.encoded.prefix(cut))).map { Array($0) }
    }
    let bad: [[UInt8]] = [
      [1], [1, 97], [1, 97, 0], [0, 1, 97], [1, 98, 1, 97, 1, 97, 1, 97], [1, 97, 1, 97, 1, 97, 1, 98],
      [1, 0xFF, 1, 97], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 97],
    ]
    for bytes in bad { #expect(LabelSet(checking: bytes) == nil, "\(bytes)") }
  }

  // MARK: Writing

  struct DiskFull: Error {}

  @Test func whatIsSettledIsInTheFile() async throws {
    let (database, _) = try open()
    let writer = NotificationStateWriter(database: database, logger: quietLogger())
    var all = everything
    all.alerts = []
    writer.submit(all)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<200 {
        group.addTask {
          var changes = StateChanges()
          changes.alerts = [
            AlertRecord(
              alert: NotifiedAlert(
                labels: LabelSet(["n": "\(number)"]), startsAt: self.start, updatedAt: self.start))
          ]
          writer.submit(changes)
          do { try await writer.settle() } catch { Issue.record("\(error)") }
        }
      }
    }
    try await writer.settle()
    // The first is still open, as that of a killed process would be.
    let state = try stored()
    #expect(state.alerts.count == 200 && Set(state.log) == Set(all.log))
    await writer.close()
  }

  /// Who comes while a try is under way that fails would else wait for one that nobody begins.
  @Test func aFailedTryEndsTheWaitOfAll() async throws {
    let (began, mayEnd) = (Wakeup(), DispatchSemaphore(value: 0))
    let writer = NotificationStateWriter(
      write: { _ in
        began.signal()
        mayEnd.wait()
        throw DiskFull()
      }, close: {}, logger: quietLogger())
    writer.submit(everything)
    try await began.wait()
    var later = StateChanges()
    later.goneSilences = ["another"]
    writer.submit(later)
    let waiter = Task { try await writer.settle() }
    while writer.waiting == 0 { await Task.yield() }
    mayEnd.signal()
    await #expect(throws: NotificationStateError.self) { try await waiter.value }
    writer.submit(later)
    // As many as there may be tries: those that waited may have begun another.
    for _ in 0..<8 { mayEnd.signal() }
    await writer.close()
    #expect(writer.waiting == 0)
  }

  @Test func whatCannotBeWrittenIsKeptAndWrittenLater() async throws {
    let (database, _) = try open()
    let isFull = Atomic<Bool>(true)
    let writer = NotificationStateWriter(
      write: { changes in
        if isFull.load(ordering: .relaxed) { throw DiskFull() }
        try database.write(changes)
      }, close: { try database.close() }, logger: quietLogger())
    writer.submit(everything)
    await #expect(throws: NotificationStateError.self) { try await writer.settle() }
    var later = StateChanges()
    later.goneSilences = everything.silences.map(\.id)
    writer.submit(later)
    isFull.store(false, ordering: .relaxed)
    writer.retry()
    try? await writer.settle()
    try await writer.settle()
    let state = try stored()
    #expect(state.silences.isEmpty && Set(state.alerts) == Set(everything.alerts))
    await writer.close()
  }
}

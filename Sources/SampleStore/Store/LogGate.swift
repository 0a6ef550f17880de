import FleetModel
import Platform
import Synchronization
import SystemPackage

/// The way from the head's journal to the log, and the one place that knows whether the log can be relied on.
///
/// 1. ``write(_:)`` takes over what the head has journalled and writes it in one call, under one lock: who waits for it finds
///    the journal empty and has nothing left to do (group commit). What has been written outlives the process.
/// 2. ``sync()`` makes what has been written outlive a loss of power.
/// 3. Where either fails, the gate shuts: nothing is taken until a checkpoint that holds all of the head has been written
///    beside a new segment, see ``rotate()`` and ``reopen(behind:)``.
final class LogGate: Sendable {
  /// The log's own queue: syncs and changes of segment, one at a time.
  let work = BlockingWork(label: "skep.store.log")

  private struct State: ~Copyable {
    /// None if the first segment could not be begun: then the gate is shut.
    var log: WriteAheadLog?
    var buffer = JournalBytes()
    var failure: Failure?
    var isClosed = false
    /// Bytes of the segments before this one that no checkpoint covers.
    var olderBytes: UInt64
    /// Bytes ever written, records of all segments together.
    var written: UInt64 = 0
    /// Segment numbers below this one are used up.
    var nextSegment: UInt64
    /// What ``written`` was when the segment began.
    var writtenBefore: UInt64 = 0

    /// Nothing has been written to the segment, and nothing went wrong with it.
    var freshSegment: UInt64? {
      guard let log, written == writtenBefore, (failure?.segment ?? 0) < log.segment, !isClosed else { return nil }
      return log.segment
    }
  }

  private struct Failure {
    /// The segment in which it happened.
    var segment: UInt64
    var reason: String
  }

  private let files: any FileSystem
  private let directory: FilePath
  private let onFailure: @Sendable (String) -> Void
  private let state: Mutex<State>
  private let isShut = Atomic(false)
  private let synced = Atomic<UInt64>(0)
  private let hasPast: Atomic<Bool>

  /// Begins a segment. Where that fails, a full disk for instance, the gate is shut from the start, so that what is stored
  /// can be read and retention can make room.
  ///
  /// - Parameters:
  ///   - olderBytes: of the segments that were replayed.
  ///   - onFailure: is told the reason each time the gate shuts.
  init(
    files: any FileSystem, directory: FilePath, beginning segment: UInt64, olderBytes: UInt64,
    onFailure: @escaping @Sendable (String) -> Void
  ) {
    self.files = files
    self.directory = directory
    self.onFailure = onFailure
    hasPast = Atomic(olderBytes > 0)
    do throws(FileError) {
      let log = try WriteAheadLog(files: files, directory: directory, beginning: segment)
      state = Mutex(State(log: log, olderBytes: olderBytes, nextSegment: segment + 1))
    } catch {
      state = Mutex(State(log: nil, olderBytes: olderBytes, nextSegment: segment + 1))
      failed(error, segment: segment)
    }
  }

  /// Why nothing is taken; `nil` while the gate is open.
  var failure: String? {
    isShut.load(ordering: .acquiring) ? state.withLock { $0.failure?.reason } : nil
  }

  @inline(__always)
  func checkOpen() throws(AppendError) {
    if isShut.load(ordering: .acquiring), let failure { throw .storage(failure) }
  }

  /// Bytes of log that no checkpoint covers.
  var bytes: UInt64 { state.withLock { $0.olderBytes + ($0.log?.segmentBytes ?? 0) } }

  /// The segment that is written to; `nil` if the first one could not be begun.
  var segment: UInt64? { state.withLock { $0.log?.segment } }

  /// How much has been written up to now, for ``isSynced(_:)``.
  var position: UInt64 { state.withLock { $0.written } }

  func isSynced(_ position: UInt64) -> Bool { synced.load(ordering: .acquiring) >= position }

  /// What was replayed at the start may not have been synced by whoever wrote it, and cannot be any more: only a checkpoint
  /// makes it outlive a loss of power.
  var hasUnsyncedPast: Bool { hasPast.load(ordering: .acquiring) }

  /// Writes what the head has journalled. Returns once everything that was journalled before the call is in the file.
  func write(_ head: HeadStore) throws(AppendError) {
    let failed: (reason: String, isNew: Bool)? = state.withLock { state in
      if let failure = state.failure { return (failure.reason, false) }
      guard !state.isClosed, let log = state.log else { return nil }
      head.exchangeJournal(&state.buffer)
      let count = state.buffer.bytes.count
      guard count > 0 else { return nil }
      defer { state.buffer.removeAll() }
      do throws(FileError) {
        try log.write(state.buffer.bytes)
        state.written += UInt64(count)
        return nil
      } catch {
        shut(&state, error, segment: log.segment)
        return (error.description, true)
      }
    }
    guard let failed else { return }
    if failed.isNew { onFailure(failed.reason) }
    throw .storage(failed.reason)
  }

  private func shut(_ state: inout State, _ error: FileError, segment: UInt64) {
    if let old = state.failure, old.segment >= segment { return }
    state.failure = Failure(segment: segment, reason: error.description)
    isShut.store(true, ordering: .releasing)
  }

  /// Makes what has been written so far durable; nothing happens while the gate is shut. To be called on ``work``.
  func sync() throws(FileError) {
    let current = state.withLock { state -> (log: WriteAheadLog, written: UInt64)? in
      guard state.failure == nil, !state.isClosed, let log = state.log else { return nil }
      return (log, state.written)
    }
    guard let current, !isSynced(current.written) else { return }
    do throws(FileError) {
      try current.log.sync()
      noteSynced(current.written)
    } catch {
      failed(error, segment: current.log.segment)
      throw error
    }
  }

  private func failed(_ error: FileError, segment: UInt64) {
    let isNew = state.withLock { state in
      let isNew = state.failure == nil
      shut(&state, error, segment: segment)
      return isNew
    }
    if isNew { onFailure(error.description) }
  }

  /// Goes on in a new segment; appends wait for no disk meanwhile. To be called on ``work``.
  ///
  /// - Returns: its number. Everything that the head took and the log may have lost lies before it.
  func rotate() throws(FileError) -> UInt64 {
    if let unused = state.withLock({ $0.freshSegment }) { return unused }
    let (number, isClosed) = state.withLock { state in
      defer { state.nextSegment += 1 }
      return (state.nextSegment, state.isClosed)
    }
    if isClosed {
      throw FileError(path: directory, operation: "write", errno: .badFileDescriptor, mend: "the store is closed")
    }
    let next = try WriteAheadLog(files: files, directory: directory, beginning: number)
    let old = state.withLock { state in
      let old = (log: state.log, isGood: state.failure == nil, written: state.written)
      state.olderBytes += state.log?.segmentBytes ?? 0
      state.log = next
      state.writtenBefore = state.written
      return old
    }
    guard let log = old.log else { return number }
    guard old.isGood else {
      try? log.close()
      return number
    }
    do throws(FileError) {
      try log.close()
      noteSynced(old.written)
    } catch {
      failed(error, segment: log.segment)
    }
    return number
  }

  /// A checkpoint of `segment` is durable: what went wrong before that segment is mended, and older segments count no more.
  ///
  /// - Returns: whether the gate was shut and is open again.
  func reopen(behind segment: UInt64) -> Bool {
    // The checkpoint holds whatever was written, or should have been, before its segment began.
    noteSynced(state.withLock { $0.writtenBefore })
    hasPast.store(false, ordering: .releasing)
    return state.withLock { state in
      state.olderBytes = 0
      guard let failure = state.failure, failure.segment < segment else { return false }
      state.failure = nil
      isShut.store(false, ordering: .releasing)
      return true
    }
  }

  private func noteSynced(_ position: UInt64) { synced.max(position, ordering: .releasing) }

  /// Writes what is journalled, syncs and closes. To be called on ``work``, once.
  func close(_ head: HeadStore) throws(FileError) {
    try? write(head)
    let closing = state.withLock { state -> (log: WriteAheadLog, written: UInt64)? in
      defer { state.isClosed = true }
      return state.isClosed ? nil : state.log.map { ($0, state.written) }
    }
    guard let closing else { return }
    try closing.log.close()
    noteSynced(closing.written)
  }
}

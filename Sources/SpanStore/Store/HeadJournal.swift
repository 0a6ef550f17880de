import Dispatch
import FleetModel
import Platform
import Synchronization
import SystemPackage

/// Takes spans into the live head by way of its log, and begins a new head where one is full.
///
/// All but ``sync()``, ``failure`` and ``logBytes`` is called on the intake's thread.
final class HeadJournal: Sendable {
  /// Syncs wait here, not where spans are taken.
  let syncing = BlockingWork(label: "skep.spans.sync")

  private struct State {
    /// `nil` where none could be begun: the next span tries again.
    var log: SpanLog?
    var nextSequence: UInt64
    var failure: String?
    var isClosed = false
    var began: Duration
    /// Bytes of the live head that are copies of spans in flight.
    var carried = 0
  }

  private let configuration: SpanStoreConfiguration
  private let layout: SpanLayout
  private let files: any FileSystem
  private let core: SpanCore
  private let catalog: SegmentCatalog
  private let upkeep: SegmentUpkeep
  private let note: @Sendable (String) -> Void
  private let state: Mutex<State>

  /// Heads that may wait for their segments before taking spans waits too.
  private static let mostSealed = 1
  /// A head of few spans becomes a segment after so long, so that its spans can come to be dropped.
  private var longestLife: Duration { min(.seconds(6 * 3600), max(configuration.retention / 4, .seconds(60))) }

  init(
    _ configuration: SpanStoreConfiguration, layout: SpanLayout, files: any FileSystem, core: SpanCore,
    catalog: SegmentCatalog, upkeep: SegmentUpkeep, nextSequence: UInt64, note: @escaping @Sendable (String) -> Void
  ) {
    self.configuration = configuration
    self.layout = layout
    self.files = files
    self.core = core
    self.catalog = catalog
    self.upkeep = upkeep
    self.note = note
    state = Mutex(State(nextSequence: nextSequence, began: upkeep.time.monotonic()))
  }

  /// Offsets within a head are of 32 bits.
  private var headSize: Int {
    // Where little is to be kept, no head's log and segment come to most of it.
    let bound = configuration.retentionSize.map { max(Int(clamping: $0 / 4), 1 << 16) } ?? 1 << 30
    return min(max(configuration.headSize, 1), bound, 1 << 30)
  }
  /// What the live head may come to: copies of spans in flight do not count, or it might be full at its birth.
  private var fullSize: Int { headSize + state.withLock { $0.carried } }
  /// What copies of spans in flight may come to.
  private var mostCarried: Int { min(4 * headSize, 1 << 30) }

  var failure: String? { state.withLock { $0.failure } ?? upkeep.failure }
  var logBytes: UInt64 { state.withLock { $0.log }?.byteCount ?? 0 }

  /// The first log of this life. A disk that is full is no reason not to serve what is stored.
  func begin() {
    do throws(SpanStoreError) {
      try beginHead()
    } catch {
      note("the log of spans cannot be begun, which is tried again: \(error)")
      if case .storage(let reason) = error { state.withLock { $0.failure = reason } }
    }
  }

  // MARK: Taking

  func commit(_ batches: [SpanBatch]) throws(SpanStoreError) {
    do throws(SpanStoreError) {
      try write(batches)
      state.withLock { $0.failure = nil }
    } catch {
      if case .storage(let reason) = error {
        let isNew = state.withLock { state in
          defer { state.failure = reason }
          return state.failure == nil
        }
        if isNew { note("spans are refused: \(reason)") }
      }
      throw error
    }
    if core.live.byteCount > fullSize {
      // Taken is taken: a head that cannot be changed now is changed later.
      try? rotate()
    }
  }

  private func write(_ batches: [SpanBatch]) throws(SpanStoreError) {
    if state.withLock({ $0.isClosed }) { throw .closed }
    if core.live.byteCount > headSize + fullSize { try rotate() }
    let log = try openLog()
    let head = core.live
    let mark = head.mark
    head.pack(batches)
    do throws(FileError) {
      try append(head, since: mark, to: log)
    } catch {
      head.undo(to: mark)
      throw .storage(error.description)
    }
    head.show()
    core.noteVisible(from: mark.rows, in: head)
  }

  private func append(_ head: Head, since mark: PackedSpans.Mark, to log: SpanLog) throws(FileError) {
    var frame = GrowingMemory<UInt8>()
    head.edit { LogFrame.append($0, since: mark, to: &frame) }
    try log.write(frame.raw, isSynced: configuration.fsyncInterval == nil)
  }

  private func openLog() throws(SpanStoreError) -> SpanLog {
    if let log = state.withLock({ $0.log }), log.failure == nil { return log }
    try beginHead()
    guard let log = state.withLock({ $0.log }) else { throw .storage("the log of spans cannot be begun") }
    return log
  }

  // MARK: Heads

  /// Begins a new head where the live one is old, or its log was given up: what it holds is not safe before it is a segment.
  func rotateIfDue() throws(SpanStoreError) {
    let (log, began, isClosed) = state.withLock { ($0.log, $0.began, $0.isClosed) }
    if log == nil, !isClosed {
      try beginHead()
      state.withLock { $0.failure = nil }
      return
    }
    if upkeep.time.monotonic() - began > longestLife || log?.failure != nil { try rotate() }
  }

  /// Begins a new head where the live one holds anything.
  func rotate() throws(SpanStoreError) {
    if state.withLock({ $0.isClosed }) { throw .closed }
    if core.live.isEmpty { return }
    // Whoever brings spans faster than they are written waits here.
    if catalog.sealed.count >= Self.mostSealed { upkeep.flushNow() }
    if catalog.sealed.count >= Self.mostSealed {
      throw .storage(upkeep.failure ?? "segments are not written as fast as spans come")
    }
    try beginHead()
  }

  private func beginHead() throws(SpanStoreError) {
    let sequence = state.withLock { state in
      defer { state.nextSequence += 1 }
      return state.nextSequence
    }
    let log: SpanLog
    let next = Head()
    let followedFrom: Int64?
    do throws(FileError) {
      log = try SpanLog(layout, files, sequence: sequence)
      do throws(FileError) {
        followedFrom = try carryOpenSpans(to: next, log)
      } catch {
        log.close()
        do throws(FileError) {
          try files.remove(log.path)
        } catch {
          // Copies of spans in flight stay there, later by its number than what the present log would still be given.
          state.withLock { $0.log }?.giveUp(error)
        }
        throw error
      }
    } catch {
      throw .storage(error.description)
    }
    let carried = next.byteCount
    let old = state.withLock { state in
      defer {
        state.log = log
        state.carried = carried
        state.began = upkeep.time.monotonic()
      }
      return state.log
    }
    var isOldEmpty = false
    core.replaceLive(with: next) { head in
      isOldEmpty = head.isEmpty
      if let old, !isOldEmpty {
        catalog.add(SealedHead(sequence: old.sequence, head: head, log: old.path))
      }
    }
    if let followedFrom { core.forgetOpen(before: followedFrom) }
    if let old {
      if isOldEmpty { try? files.remove(old.path) }
      // Its segment may be long in coming. On that queue, as a sync may be under way.
      syncing.queue.async { [self, isOldEmpty] in
        if !isOldEmpty { sync(old) }
        old.close()
      }
    }
    upkeep.liveLogBegan()
    upkeep.flushSoon()
  }

  /// Spans in flight go along from log to log: what is in flight is known from the logs alone.
  ///
  /// - Returns: the start before which they did not go along, where they are too many.
  private func carryOpenSpans(to next: Head, _ log: SpanLog) throws(FileError) -> Int64? {
    let mark = next.mark
    let followedFrom = core.carryOpen(from: core.sources(), into: next, upTo: mostCarried)
    guard next.mark.rows > mark.rows else { return followedFrom }
    try append(next, since: mark, to: log)
    // The log that they are known from until now goes when its segment is there.
    try log.sync()
    next.show()
    return followedFrom
  }

  // MARK: Syncs

  func sync() { if let log = state.withLock({ $0.log }) { sync(log) } }

  private func sync(_ log: SpanLog) {
    do throws(FileError) { try log.sync() } catch { note("the log of spans could not be synced: \(error)") }
  }

  func close() {
    let log = state.withLock { state in
      defer { state.isClosed = true }
      return state.isClosed ? nil : state.log
    }
    syncing.queue.sync {
      guard let log else { return }
      sync(log)
      log.close()
    }
  }
}

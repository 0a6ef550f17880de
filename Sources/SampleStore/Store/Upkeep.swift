import FleetModel
import Platform
import Synchronization
import SystemPackage

/// What upkeep remembers between its steps.
struct UpkeepProgress: Sendable {
  /// Of the last checkpoint.
  var checkpointBytes: UInt64
  /// The log was replayed and no checkpoint made since.
  var hasReplayed: Bool
  /// Monotonic times.
  var lastFlush: Duration
  var lastRetention: Duration?
  /// Nothing that may fail on the disk is tried before this, and how long the next pause is.
  var retryAt: Duration?
  var pause: Duration = .seconds(1)
  var clock = ClockWatch()
  /// Log and checkpoint took more than half of the bound.
  var isOverHalf = false
  /// Numbers of blocks that could not be merged, and when.
  var failedMerges: [Set<UInt64>: Duration] = [:]
  var lastReserve: Duration?
  /// When series were last moved out for the sake of others.
  var lastCrowd: Duration?
}

extension DurableStore {
  /// Between two looks at what is due.
  private static let tick: Duration = .seconds(1)
  private static let retentionInterval: Duration = .seconds(30)
  private static let longestPause: Duration = .seconds(60)
  /// What ends a store is patient, but not for ever.
  private static let lastCheckpointTime: Duration = .seconds(5)

  /// Syncs, checkpoints, flushes, merges, and drops what is past its retention, until the task is cancelled; then syncs
  /// what there is and closes.
  public func run() async {
    // Before new samples can make old ones look as if time had passed.
    _ = believedTime()
    await withTaskCancellationHandler {
      await withDiscardingTaskGroup { group in
        group.addTask { await self.syncRepeatedly() }
        group.addTask { await self.checkpointRepeatedly() }
        group.addTask { await self.keepBlocks() }
      }
    } onCancel: {
      isStopping.store(true, ordering: .relaxed)
    }
    await images.run { [self] in settlePast() }
    await gate.work.run { [self] in closeNow() }
  }

  /// Makes durable what no sync of the log can: what was replayed if no checkpoint has been made since, or all if the log
  /// has failed. Gives up after some seconds. To be called on ``images``.
  private func settlePast() {
    guard gate.hasUnsyncedPast || gate.failure != nil else { return }
    let deadline = time.monotonic() + Self.lastCheckpointTime
    do throws(FileError) {
      try checkpointNow { self.time.monotonic() > deadline }
    } catch {
      onEvent(StoreEvent(.warning, "no checkpoint could be made at the end", ["reason": error.description]))
    }
  }

  /// Takes no more samples, writes and syncs what there is. To be called on the log's queue.
  func closeNow() {
    isStopping.store(true, ordering: .relaxed)
    head.close()
    do throws(FileError) {
      try gate.close(head)
    } catch {
      onEvent(StoreEvent(.error, "the log could not be synced at the end", ["reason": error.description]))
    }
  }

  // MARK: Log

  private func syncRepeatedly() async {
    if let interval = configuration.syncInterval {
      while await sleep(interval) { await syncLog() }
    } else {
      await acknowledgements.serve { await self.syncLog() }
    }
    // The end of all this may have to wait for a flush or a merge; the log need not.
    await syncLog()
  }

  private func syncLog() async {
    // Whoever must know learns it from the gate, which is shut now.
    try? await gate.work.run { [self] () throws(FileError) in
      guard !gate.isSynced(gate.position) else { return }
      let began = time.monotonic()
      try gate.sync()
      counters.synced(in: time.monotonic() - began)
    }
  }

  // MARK: Checkpoint

  private func checkpointRepeatedly() async {
    var pause = Self.tick
    repeat {
      guard gate.failure != nil || isCheckpointDue else { continue }
      do throws(FileError) {
        try await images.run { [self] () throws(FileError) in try checkpointNow() }
        pause = Self.tick
      } catch {
        if gate.failure == nil, !error.isStop {
          onEvent(StoreEvent(.warning, "no checkpoint could be made; the log grows", ["reason": error.description]))
          pause = min(pause * 2, Self.longestPause)
        }
      }
    } while await sleep(gate.failure == nil ? pause : Self.tick)
  }

  // MARK: Blocks

  private func keepBlocks() async {
    await blocks.run { [self] in keepReserve() }
    while await sleep(Self.tick) {
      await blocks.run { [self] in
        keepBlocksOnce()
        keepReserve()
      }
    }
  }

  /// One round: what is due is begun, one merge at most. A step that fails keeps none of the others from being tried, but
  /// all except retention pause then for a while.
  ///
  /// To be called on ``blocks``.
  func keepBlocksOnce() {
    let now = time.monotonic()
    var first: (any Error)?
    func attempt(_ step: () throws -> Void) {
      guard !isStopping.load(ordering: .relaxed) else { return }
      do {
        try step()
      } catch {
        if let failure = error as? StoreFailure, case .stopped = failure { return }
        if let error = error as? FileError, error.isStop { return }
        first = first ?? error
      }
    }
    attempt { if isRetentionDue(now) { try retainNow(believedTime()) } }
    let isPausing = progress.withLock { $0.retryAt.map { now < $0 } ?? false }
    if !isPausing {
      attempt { try setAsideNow() }
      var hasFlushed = false
      attempt { hasFlushed = try flushWhenDue(now) }
      attempt { if hasFlushed { try images.step { () throws(FileError) in try checkpointNow() } } }
      attempt {
        try finishHeadDeletions()
        try finishBlockDeletions()
      }
      attempt { _ = try mergeNow(all: false) }
    }
    noteRound(first, wasPausing: isPausing, now)
  }

  private func noteRound(_ error: (any Error)?, wasPausing: Bool, _ now: Duration) {
    let pause = progress.withLock { progress in
      if wasPausing { return progress.pause }
      let pause = progress.pause
      progress.retryAt = error == nil ? nil : now + pause
      progress.pause = error == nil ? Self.tick : min(pause * 2, Self.longestPause)
      return pause
    }
    guard let error else { return }
    onEvent(
      StoreEvent(
        .warning, "blocks could not be kept; nothing is lost, and it is tried again",
        ["reason": "\(error)", "next_pause": "\(pause)"]))
  }

  // MARK: Flush

  private enum FlushReason { case age, size, crowd }

  /// - Returns: whether something was moved.
  private func flushWhenDue(_ now: Duration) throws(StoreFailure) -> Bool {
    guard let reason = flushReason(now) else { return false }
    let idle = reason == .crowd ? configuration.seriesLifetime : tuning.idleAfter
    let least = reason == .size ? flushBound : 0
    if reason == .crowd { progress.withLock { $0.lastCrowd = now } }
    let hasMoved = try flushNow(.movable(idleBefore: (time.now() - idle).milliseconds, atLeast: least))
    // Where there was too little, it is as long ago as before.
    if hasMoved || reason == .age { progress.withLock { $0.lastFlush = now } }
    return hasMoved
  }

  private func flushReason(_ now: Duration) -> FlushReason? {
    if progress.withLock({ now - $0.lastFlush >= tuning.flushInterval }) { return .age }
    let movable = head.movableBytes
    if movable >= tuning.flushBytes, movable >= flushBound { return .size }
    return isCrowded(now) ? .crowd : nil
  }

  /// Whether there are so many series that there may soon be room for no other: those that have ended can be forgotten
  /// once their last samples have left the head. Looked after twice in a lifetime, since it makes small blocks.
  private func isCrowded(_ now: Duration) -> Bool {
    let maximum = configuration.maximumSeries
    let last = progress.withLock { $0.lastCrowd }
    if let last, now - last < max(Self.tick, configuration.seriesLifetime / 2) { return false }
    return head.statistics().series > maximum - maximum / 4
  }

  private var flushBound: Int { max(tuning.flushBytes, head.statistics().bytes / 4) }

  private func isRetentionDue(_ now: Duration) -> Bool {
    progress.withLock { progress in
      if let last = progress.lastRetention, now - last < Self.retentionInterval { return false }
      progress.lastRetention = now
      return true
    }
  }

  /// Gives damaged blocks another name.
  ///
  /// To be called on ``blocks``.
  func setAsideNow() throws(FileError) {
    for path in try catalog.setAsideBad() {
      onEvent(StoreEvent(.info, "a damaged block has another name now", ["file": path.string]))
    }
  }

  /// - Returns: `false` if the task was cancelled.
  private func sleep(_ duration: Duration) async -> Bool { (try? await time.sleep(for: duration)) != nil }

  // MARK: The same steps one by one, for whoever has no tasks

  /// All that was taken outlives a loss of power from now on, unless the log has failed.
  func sync() throws(FileError) {
    if gate.hasUnsyncedPast { return try checkpoint() }
    try gate.work.step { () throws(FileError) in try gate.sync() }
  }

  func checkpoint() throws(FileError) { try images.step { () throws(FileError) in try checkpointNow() } }

  func flush(everything: Bool, idleBefore: Int64 = .min) throws(StoreFailure) -> Bool {
    try blocks.step { () throws(StoreFailure) in
      try flushNow(everything ? .everything : .movable(idleBefore: idleBefore, atLeast: 0))
    }
  }

  func mergeOnce(all: Bool = false) throws(StoreFailure) -> Bool {
    try blocks.step { () throws(StoreFailure) in try mergeNow(all: all) }
  }

  func retain(_ now: Timestamp) throws(FileError) {
    try blocks.step { () throws(FileError) in
      try setAsideNow()
      try retainNow(now)
    }
  }

  /// Does what lets a store take samples again whose log has failed.
  func recover() throws(FileError) { if gate.failure != nil { try checkpoint() } }

  func close() {
    images.step { settlePast() }
    gate.work.step { closeNow() }
  }
}

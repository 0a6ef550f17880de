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
}

extension DurableStore {
  /// Between two looks at what is due.
  private static let tick: Duration = .seconds(1)
  private static let retentionInterval: Duration = .seconds(30)
  private static let longestPause: Duration = .seconds(60)

  /// Syncs, checkpoints, flushes, merges, and drops what is past its retention, until the task is cancelled; then syncs
  /// what there is and closes.
  public func run() async {
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

  /// Makes what was replayed durable if no checkpoint has been made since. To be called on ``images``.
  private func settlePast() {
    guard gate.hasUnsyncedPast else { return }
    do throws(FileError) {
      try checkpointNow()
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
      return
    }
    await acknowledgements.serve { await self.syncLog() }
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
        if gate.failure == nil {
          onEvent(StoreEvent(.warning, "no checkpoint could be made; the log grows", ["reason": error.description]))
          pause = min(pause * 2, Self.longestPause)
        }
      }
    } while await sleep(gate.failure == nil ? pause : Self.tick)
  }

  // MARK: Blocks

  private func keepBlocks() async {
    while await sleep(Self.tick) {
      await blocks.run { [self] in keepBlocksOnce() }
    }
  }

  /// One round: what is due is begun, one merge at most.
  ///
  /// To be called on ``blocks``.
  func keepBlocksOnce() {
    let now = time.monotonic()
    let retry = progress.withLock { $0.retryAt }
    if let retry, now < retry { return }
    do {
      try setAsideNow()
      if isRetentionDue(now) { try retainNow(time.now()) }
      if isFlushDue(now) {
        let idle = time.now() - tuning.idleAfter
        let isLate = progress.withLock { now - $0.lastFlush >= tuning.flushInterval }
        let least = isLate ? 0 : flushBound
        if try flushNow(.movable(idleBefore: idle.milliseconds, atLeast: least)) {
          try images.step { () throws(FileError) in try checkpointNow() }
        }
        progress.withLock { $0.lastFlush = now }
      }
      try finishHeadDeletions()
      try finishBlockDeletions()
      _ = try mergeNow(all: false)
      progress.withLock { progress in
        progress.retryAt = nil
        progress.pause = Self.tick
      }
    } catch {
      if let failure = error as? StoreFailure, case .stopped = failure { return }
      let pause = progress.withLock { progress in
        progress.retryAt = now + progress.pause
        progress.pause = min(progress.pause * 2, Self.longestPause)
        return progress.pause
      }
      onEvent(
        StoreEvent(
          .warning, "blocks could not be kept; nothing is lost, and it is tried again",
          ["reason": "\(error)", "next_pause": "\(pause)"]))
    }
  }

  private var flushBound: Int { max(tuning.flushBytes, head.statistics().bytes / 4) }

  private func isFlushDue(_ now: Duration) -> Bool {
    head.movableBytes >= tuning.flushBytes && head.movableBytes >= flushBound
      || progress.withLock { now - $0.lastFlush >= tuning.flushInterval }
  }

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

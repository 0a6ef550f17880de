import FleetModel
import Platform
import Synchronization
import SystemPackage

extension DurableStore {
  /// Drops blocks that are past the retention in age or size, and from the head samples and series whose time is over.
  ///
  /// To be called on ``blocks``.
  ///
  /// - Parameter now: `nil` if the time is not known: then only size counts.
  func retainNow(_ now: Timestamp?) throws(FileError) {
    if let now { head.expire(now: now) }
    let plan = RetentionPlan(
      retention: configuration.retention.wholeMilliseconds, maximumBytes: configuration.maximumBytes)
    let blocks = catalog.manifest.blocks
    let otherBytes = gate.bytes &+ progress.withLock { $0.checkpointBytes }
    warn(plan, otherBytes)
    let expired = plan.expired(blocks, otherBytes: otherBytes, now: now?.milliseconds)
    guard !expired.isEmpty else { return }
    try catalog.commit(removing: Set(expired.map(\.number)))
    for (number, reason) in expired {
      guard let summary = blocks.first(where: { $0.number == number })?.summary else { continue }
      onEvent(
        StoreEvent(
          reason == .age ? .debug : .info,
          reason == .age
            ? "a block is past its retention and was removed"
            : "the oldest block was removed: the store is at its bound",
          [
            "file": layout.block(number).string, "bytes": "\(summary.bytes)",
            "newest": Timestamp(milliseconds: summary.maxTime).description,
          ]))
    }
  }
  /// Says once that the bound leaves blocks too little, and again only after it was well meanwhile.
  private func warn(_ plan: RetentionPlan, _ otherBytes: UInt64) {
    let isOver = plan.isOverHalf(otherBytes)
    let wasOver = progress.withLock { progress in
      defer { progress.isOverHalf = isOver }
      return progress.isOverHalf
    }
    guard isOver, !wasOver else { return }
    onEvent(
      StoreEvent(
        .warning, "log and checkpoint take more than half of the store's bound and may exceed it; raise the bound",
        ["bytes": "\(otherBytes)", "bound": "\(configuration.maximumBytes ?? 0)"]))
  }

  // MARK: Clock

  /// The time, if it can be believed; see ``ClockWatch``.
  func believedTime() -> Timestamp? {
    let (now, monotonic) = (time.now(), time.monotonic())
    let verdict = progress.withLock { progress in
      progress.clock.look(
        wall: now.milliseconds, monotonic: monotonic, newest: newestStored,
        retention: configuration.retention.wholeMilliseconds)
    }
    if case .doubtedNow(let ahead) = verdict {
      onEvent(
        StoreEvent(
          .warning,
          "the clock has leapt ahead of the samples; if it is wrong, set it right: nothing is removed for its age until it "
            + "has stood for an hour", ["now": now.description, "seconds_ahead": "\(ahead / 1000)"]))
    }
    return verdict == .believed ? now : nil
  }

  /// Milliseconds.
  private var newestStored: Int64? {
    let inBlocks = catalog.manifest.blocks.map(\.summary.maxTime).max()
    guard let inHead = head.statistics().newest?.milliseconds else { return inBlocks }
    return max(inHead, inBlocks ?? inHead)
  }
}

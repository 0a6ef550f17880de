import FleetModel
import Platform
import Synchronization
import SystemPackage

extension DurableStore {
  /// Drops blocks that are past the retention in age or size, and from the head samples and series whose time is over.
  ///
  /// To be called on ``blocks``.
  func retainNow(_ now: Timestamp) throws(FileError) {
    head.expire(now: now)
    let plan = RetentionPlan(
      retention: configuration.retention.wholeMilliseconds, maximumBytes: configuration.maximumBytes)
    let blocks = catalog.manifest.blocks
    let expired = plan.expired(
      blocks, otherBytes: gate.bytes &+ progress.withLock { $0.checkpointBytes }, now: now.milliseconds)
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
}

import FleetModel
import Synchronization

/// What a store has done since it was opened, and what it holds: cheap to ask for, for its metrics.
public struct StoreActivity: Sendable, Hashable {
  public var headSeries = 0
  /// Memory taken from the system for series and samples that no block holds yet.
  public var headBytes = 0
  public var logBytes: UInt64 = 0
  public var checkpointBytes: UInt64 = 0
  public var blockBytes: UInt64 = 0
  public var blocks = 0
  public var appended: UInt64 = 0
  public var outOfOrder: UInt64 = 0
  public var duplicates: UInt64 = 0
  public var logSyncs: UInt64 = 0
  public var logSyncTime: Duration = .zero
  public var checkpoints: UInt64 = 0
  public var flushes: UInt64 = 0
  public var merges: UInt64 = 0
  /// Files that were found damaged.
  public var corruptions: UInt64 = 0

  public init(head: HeadStatistics) {
    headSeries = head.series
    headBytes = head.reservedBytes
    appended = head.appended
    outOfOrder = head.outOfOrder
    duplicates = head.duplicateTimestamp
  }
}

/// Counts what a store does; every part of it may add at once.
final class StoreCounters: Sendable {
  let syncs = Atomic<UInt64>(0)
  let syncNanoseconds = Atomic<UInt64>(0)
  let checkpoints = Atomic<UInt64>(0)
  let flushes = Atomic<UInt64>(0)
  let merges = Atomic<UInt64>(0)
  private let corruptions = Atomic<UInt64>(0)

  /// Errors that name a file are about one that is damaged.
  func note(_ event: StoreEvent) {
    if event.level == .error, event.fields["file"] != nil { corruptions.wrappingAdd(1, ordering: .relaxed) }
  }

  func synced(in duration: Duration) {
    syncs.wrappingAdd(1, ordering: .relaxed)
    syncNanoseconds.wrappingAdd(UInt64(max(0, duration.seconds) * 1e9), ordering: .relaxed)
  }

  func fill(_ activity: inout StoreActivity) {
    activity.logSyncs = syncs.load(ordering: .relaxed)
    activity.logSyncTime = .nanoseconds(Int64(clamping: syncNanoseconds.load(ordering: .relaxed)))
    activity.checkpoints = checkpoints.load(ordering: .relaxed)
    activity.flushes = flushes.load(ordering: .relaxed)
    activity.merges = merges.load(ordering: .relaxed)
    activity.corruptions = corruptions.load(ordering: .relaxed)
  }
}

extension Atomic<UInt64> {
  /// One more.
  func increment() { wrappingAdd(1, ordering: .relaxed) }
}

extension DurableStore {
  /// O(blocks), and what the head's own statistics cost.
  public var activity: StoreActivity {
    var activity = StoreActivity(head: head.statistics())
    let blocks = catalog.members
    activity.logBytes = gate.bytes
    activity.checkpointBytes = progress.withLock { $0.checkpointBytes }
    activity.blockBytes = blocks.reduce(0) { $0 + $1.block.summary.bytes }
    activity.blocks = blocks.count
    counters.fill(&activity)
    return activity
  }
}

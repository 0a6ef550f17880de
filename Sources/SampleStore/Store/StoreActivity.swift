import FleetModel

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

extension DurableStore {
  /// O(1) but for the head's own statistics.
  public var activity: StoreActivity { fatalError("to be written") }
}

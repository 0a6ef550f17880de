import FleetModel

/// Bounds that a user need not know. Tests make them small.
struct StoreTuning: Sendable {
  /// A checkpoint is due when the log is larger than this and than half the last checkpoint: what a start has to replay.
  var checkpointBytes: UInt64 = 8 << 20
  /// A flush is due when so many bytes of chunks can move, and they are a quarter of the head.
  var flushBytes = 32 << 20
  /// Or when the last one was so long ago.
  var flushInterval: Duration = .seconds(2 * 3600)
  /// A flush takes the open chunk of a series that had no sample for so long.
  var idleAfter: Duration = .seconds(3600)
  var mergeWindows: [Int64] = [2 * MergePlan.hour, 12 * MergePlan.hour, 72 * MergePlan.hour]
  /// A chunk of fewer samples is written anew together with its neighbours when blocks are merged.
  var smallChunk = 768
  /// Reads blocks while the log is replayed.
  var opensInParallel = true
}

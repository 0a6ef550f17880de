public import SystemPackage

/// Where spans are kept, and for how long.
public struct SpanStoreConfiguration: Sendable, Hashable {
  public var directory: FilePath
  /// A segment whose latest span is older than this is dropped.
  public var retention: Duration = .seconds(7 * 86_400)
  /// Bytes on disk, logs and files that were set aside counted; the oldest segments are dropped above it, but never the newest.
  /// `nil` without a bound.
  public var retentionSize: UInt64?
  /// Bytes of spans that are held in memory before they become a segment.
  public var headSize = 32 << 20
  /// `nil` syncs the log before every acknowledgement; else acknowledged spans survive the process at once and the machine after
  /// this time.
  public var fsyncInterval: Duration? = .seconds(1)

  public init(directory: FilePath) { self.directory = directory }
}

import FleetModel

/// What a store holds, for metrics and for whoever asks.
public struct SpanStoreStatistics: Sendable, Hashable {
  /// Versions of spans in segments: a start and an end that came far apart count as two until they are merged.
  public var segmentSpans = 0
  public var segments = 0
  public var segmentBytes: UInt64 = 0
  /// Spans in memory, and about how many bytes they take there.
  public var headSpans = 0
  public var headBytes = 0
  public var logBytes: UInt64 = 0
  /// Spans in flight.
  public var openSpans = 0
  /// Blocks that cannot be read.
  public var damagedBlocks = 0
  /// Nanoseconds since 1970-01-01T00:00:00Z: the earliest start; `nil` without spans.
  public var earliest: Int64?
}

extension DiskSpanStore {
  /// Costs a look at each segment's footer.
  public func statistics() -> SpanStoreStatistics {
    var statistics = SpanStoreStatistics()
    for segment in catalog.segments {
      statistics.segments += 1
      statistics.segmentSpans += segment.footer.rows
      statistics.segmentBytes += segment.size
      statistics.damagedBlocks += segment.damagedBlocks.count
      statistics.earliest = min(statistics.earliest ?? .max, segment.footer.earliest)
    }
    for head in catalog.sealed.map(\.head) + [core.live] {
      let (rows, bytes, first) = head.read { ($0.visible, $0.spans.byteCount + $0.traces.byteCount, $0.firstStart) }
      statistics.headSpans += rows
      statistics.headBytes += bytes
      if rows > 0 { statistics.earliest = min(statistics.earliest ?? .max, first) }
    }
    statistics.logBytes = journal.logBytes
    statistics.openSpans = core.openCount
    return statistics
  }
}

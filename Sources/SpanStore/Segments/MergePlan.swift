/// Which neighbouring segments are to become one: four of about one size, so that their number stays logarithmic up to the
/// largest size, and each span is written anew a few times at most.
enum MergePlan {
  static let fanIn = 4
  static let mostRows = 4_000_000
  /// Entries of trace indexes: a merge holds each in memory.
  static let mostTraces = 1_000_000
  private static let smallest = 50_000

  struct Entry {
    var rows: Int
    var traces = 0
    var bytes: UInt64 = 0
    /// Nanoseconds; but for a few spans.
    var earliest: Int64
    var latest: Int64
  }

  /// - Parameters:
  ///   - entries: in the order of arrival.
  ///   - longest: nanoseconds between the earliest and the latest span of one segment: it is dropped as a whole.
  ///   - mostBytes: of one segment, for the same reason.
  static func next(_ entries: [Entry], longest: Int64, mostBytes: UInt64 = .max) -> Range<Int>? {
    guard entries.count >= fanIn else { return nil }
    for level in 0...12 {
      var start = 0
      while start < entries.count {
        var end = start
        while end < entries.count, self.level(entries[end].rows) <= level { end += 1 }
        if end - start >= fanIn, let run = run(entries, start..<end, longest, mostBytes) { return run }
        start = max(end, start + 1)
      }
    }
    return nil
  }

  /// The first four or more of a run that may be one segment.
  private static func run(
    _ entries: [Entry], _ range: Range<Int>, _ longest: Int64, _ mostBytes: UInt64
  ) -> Range<Int>? {
    for start in range.lowerBound...(range.upperBound - fanIn) {
      var (rows, traces, bytes, earliest, latest) = (0, 0, UInt64(0), Int64.max, Int64.min)
      var end = start
      while end < range.upperBound, end - start < 2 * fanIn {
        rows += entries[end].rows
        traces += entries[end].traces
        bytes += entries[end].bytes
        earliest = min(earliest, entries[end].earliest)
        latest = max(latest, entries[end].latest)
        let (span, overflow) = latest.subtractingReportingOverflow(earliest)
        if rows > mostRows || traces > mostTraces || bytes > mostBytes || overflow || span > longest { break }
        end += 1
      }
      if end - start >= fanIn { return start..<end }
    }
    return nil
  }

  private static func level(_ rows: Int) -> Int {
    var (level, size) = (0, smallest)
    while rows >= size * fanIn {
      size *= fanIn
      level += 1
    }
    return level
  }
}

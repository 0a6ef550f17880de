extension TraceTree {
  /// Of each span the time in nanoseconds that none of its awaited children ran: its own interval minus the union of theirs. Children
  /// that nobody waited for (``CorrectedSpan/isAwaited``) run beside it and take nothing from it. O(n).
  public var selfTimes: [Int64] {
    var times = spans.map(\.duration)
    // Siblings come by start: what their union covers grows at its end alone.
    var covered = spans.map(\.start)
    for span in spans where span.isAwaited {
      guard let parent = span.parent else { continue }
      let (start, end) = (max(span.start, covered[parent]), min(span.end, spans[parent].end))
      guard start < end else { continue }
      times[parent] -= end - start
      covered[parent] = end
    }
    return times
  }

  /// Of each span the time in nanoseconds that it is on the critical path of a root. O(n log n).
  public func pathTimes(of root: Int) -> [Int64] {
    var times = Array(repeating: Int64(0), count: spans.count)
    for section in criticalPath(of: root) { times[section.span] += section.duration }
    return times
  }
}

import FleetModel

/// A part of a critical path: from `start` to `end`, what the request waited for was the work of one span itself.
public struct PathSection: Sendable, Hashable {
  /// Its position in ``TraceTree/spans``.
  public var span: Int
  /// Nanoseconds since 1970-01-01T00:00:00Z by the root's clock.
  public var start: Int64
  /// Nanoseconds since 1970-01-01T00:00:00Z by the root's clock, after `start`.
  public var end: Int64

  public init(span: Int, start: Int64, end: Int64) {
    self.span = span
    self.start = start
    self.end = end
  }

  public var duration: Int64 { end - start }
}

/// What comes before what among the children of a span; the critical path and the replay of a trace share it.
public enum CriticalPath {
  /// How far in time two spans may overlap, or a child outlast its parent, that still happened one after the other: a
  /// hundredth of their parent's duration, at most a millisecond. Clocks of different processes agree no better, and some
  /// libraries end a span after the next has begun.
  ///
  /// - Parameter duration: of the parent, in nanoseconds.
  public static func tolerance(_ duration: Int64) -> Int64 { min(duration / 100, 1_000_000) }

  /// From when on a span counts as over for those of its siblings that start then or later.
  ///
  /// - Parameter duration: of the parent, in nanoseconds.
  static func settled(_ start: Int64, _ end: Int64, in duration: Int64) -> Int64 {
    end - min(tolerance(duration), (end - start) / 2)
  }
}

extension TraceTree {
  /// The critical path through a span: which span's own work its duration consisted of, moment by moment.
  ///
  /// From the end of a span backwards: the child that was waited for and ended last is what the span waited for; from that
  /// child's start on, the child that had ended last by then, and so on; the time between them is the span's own. The same
  /// within each child. So a child that was overtaken by a longer one is not on the path, nor is one that nobody waited for
  /// (``CorrectedSpan/isAwaited``), and what is left of a child outside of its parent's time does not count.
  ///
  /// Of children that end at once the one that started first is taken, then the one with the lowest id.
  ///
  /// - Returns: sections in order of time that fill the span's time without gap or overlap, neighbours always of different
  ///   spans; none where it took no time. O(n log n) in the descendants, no recursion.
  public func criticalPath(of root: Int) -> [PathSection] {
    guard spans.indices.contains(root) else { return [] }
    var walk = PathWalk()
    walk.open(root, from: spans[root].start, to: spans[root].end, spans)
    while walk.step(spans) {}
    return walk.sections.reversed()
  }
}

/// Backwards through time.
private struct PathWalk {
  /// A span on the way from the root to where the walk is.
  private struct Frame {
    var span: Int
    var start: Int64
    /// Up to here nothing is settled yet.
    var end: Int64
    /// Its candidates are those from here on.
    var begin: Int
  }

  private struct Candidate {
    var span: Int32
    var start: Int64
    var end: Int64
    /// It came before whatever started at or after this.
    var settled: Int64
    var id: UInt64
  }

  private var frames: [Frame] = []
  /// Of all frames, those of the last one at the end; in each the last one to end at the end.
  private var candidates: [Candidate] = []
  /// The last one first.
  private(set) var sections: [PathSection] = []

  mutating func open(_ span: Int, from start: Int64, to end: Int64, _ spans: [CorrectedSpan]) {
    let begin = candidates.count
    let last = span + Int(spans[span].descendants)
    var child = span + 1
    while child <= last {
      let next = spans[child]
      if next.isAwaited {
        let (from, to) = (max(start, next.start), min(end, next.end))
        if from < to {
          candidates.append(
            Candidate(
              span: Int32(truncatingIfNeeded: child), start: from, end: to,
              settled: CriticalPath.settled(from, to, in: end - start), id: next.outline.spanID.rawValue))
        }
      }
      child += 1 + Int(next.descendants)
    }
    if candidates.count - begin > 1 {
      candidates[begin...].sort { left, right in
        if left.end != right.end { return left.end < right.end }
        return left.start != right.start ? left.start > right.start : left.id > right.id
      }
    }
    frames.append(Frame(span: span, start: start, end: end, begin: begin))
  }

  /// - Returns: `false` at the end, that is at the root's start.
  mutating func step(_ spans: [CorrectedSpan]) -> Bool {
    guard let frame = frames.last else { return false }
    while candidates.count > frame.begin, let candidate = candidates.popLast() {
      guard candidate.settled <= frame.end else { continue }
      let end = min(candidate.end, frame.end)
      add(frame.span, from: end, to: frame.end)
      frames[frames.count - 1].end = candidate.start
      open(Int(candidate.span), from: candidate.start, to: end, spans)
      return true
    }
    add(frame.span, from: frame.start, to: frame.end)
    frames.removeLast()
    return true
  }

  private mutating func add(_ span: Int, from start: Int64, to end: Int64) {
    guard start < end else { return }
    if let last = sections.last, last.span == span {
      sections[sections.count - 1].start = start
    } else {
      sections.append(PathSection(span: span, start: start, end: end))
    }
  }
}

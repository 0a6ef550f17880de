public import FleetModel

/// The spans of a trace put together: as trees, on one clock, each with an end.
///
/// 1. Of spans with one id the one that ended counts (of several the latest end): see ``duplicates``.
/// 2. A span without a parent is a root. So is one whose parent is not among the spans (an orphan), and the earliest span of
///    parents that go round in a circle: see ``CorrectedSpan/Standing``.
/// 3. Clocks that disagree are set right: see `ClockSkew`.
/// 4. Spans without an end get the last moment at which they are known to have run: see ``CorrectedSpan/end``.
///
/// Nothing depends on the order in which the spans came. O(n log n) of time, O(n) of memory, and no recursion.
public struct TraceTree: Sendable {
  public let traceID: TraceID
  /// Depth first: a span stands before all its descendants, and they before its next sibling. Siblings, and roots, are in order of
  /// their start, then of their id.
  public let spans: [CorrectedSpan]
  /// Positions in ``spans``, rising.
  public let roots: [Int]
  /// The root that stands for the request: the earliest that has no parent at all, or, where every root has lost its parent, the
  /// earliest of those. Of those that start at once the one that ends last, then the one with the lowest id. `nil` where
  /// there is no span.
  public let root: Int?
  /// How many spans were left out because another of the same id counts.
  public let duplicates: Int

  /// - Parameter now: the time at which the trace is looked at, in nanoseconds since 1970; until then at least its active spans have
  ///   run. Where `nil`, they have run until the last moment that the trace knows of.
  public init(_ outline: TraceOutline, asOf now: Int64? = nil) {
    traceID = outline.traceID
    let assembly = TraceAssembly(outline.spans)
    spans = OpenEnds.close(assembly.spans, asOf: now)
    duplicates = assembly.duplicates
    roots = assembly.roots
    let all = spans
    root = roots.min { left, right in
      let (left, right) = (all[left], all[right])
      if (left.standing == .root) != (right.standing == .root) { return left.standing == .root }
      if left.start != right.start { return left.start < right.start }
      if left.end != right.end { return left.end > right.end }
      return left.outline.spanID < right.outline.spanID
    }
  }

  /// From the earliest start to the latest end of all spans; empty at zero where there is none.
  public var extent: Range<Int64> {
    guard let start = spans.lazy.map(\.start).min(), let end = spans.lazy.map(\.end).max() else { return 0..<0 }
    return start..<max(start, end)
  }

  /// The positions of a span's children, rising.
  public func children(of position: Int) -> Children {
    Children(spans: spans, position: position + 1, end: position + 1 + Int(spans[position].descendants))
  }

  public struct Children: Sequence, IteratorProtocol, Sendable {
    fileprivate let spans: [CorrectedSpan]
    fileprivate var position: Int
    fileprivate let end: Int

    public mutating func next() -> Int? {
      guard position < end else { return nil }
      defer { position += 1 + Int(spans[position].descendants) }
      return position
    }
  }
}

/// A span in its place.
public struct CorrectedSpan: Sendable, Hashable {
  /// As it was sent.
  public internal(set) var outline: SpanOutline
  /// Nanoseconds since 1970-01-01T00:00:00Z by the root's clock.
  public internal(set) var start: Int64
  /// Nanoseconds since 1970-01-01T00:00:00Z by the root's clock, not before `start`.
  ///
  /// Of a span that has not ended: the last moment that is known of the trace, if its parent runs as well (or it is a root); else,
  /// since its parent went on without it, the last moment that is known of it and its descendants.
  public internal(set) var end: Int64
  /// What was added to its times, in nanoseconds, because its clock disagreed.
  public internal(set) var offset: Int64
  /// Its position in ``TraceTree/spans``; `nil` for a root.
  public var parent: Int? { parentPosition < 0 ? nil : Int(parentPosition) }
  /// 0 for a root.
  public internal(set) var depth: Int32
  /// How many spans below it there are; they stand next to it.
  public internal(set) var descendants: Int32
  public internal(set) var standing: Standing
  /// Whether its parent did not go on before this one ended; `false` for a root.
  ///
  /// It is not where one of the two says that it is asynchronous (the span is a consumer, or its parent a producer), nor where it ended
  /// after its parent did, by more than ``CriticalPath/tolerance(_:)``. But a call whose caller gave up waiting (parent a client,
  /// span a server) was waited for to the end of the parent.
  public internal(set) var isAwaited: Bool

  var parentPosition: Int32

  public enum Standing: UInt8, Sendable, Hashable, BitwiseCopyable {
    /// Its parent is here.
    case child
    /// It has no parent.
    case root
    /// It has one that is not here.
    case orphan
    /// It is, by way of its parents, its own ancestor: the earliest of such a circle, taken as a root.
    case loop
  }

  public var duration: Int64 { end - start }
  public var isOrphan: Bool { standing == .orphan }
}

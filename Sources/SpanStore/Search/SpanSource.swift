import FleetModel

/// A place where spans are: a head or a segment.
///
/// It is searched part by part (a head is one part, each block of a segment is one), the most recent first.
protocol SpanSource: AnyObject, Sendable {
  /// Whether it may have spans of the trace; never `false` where it has.
  func mayHold(_ trace: TraceID) -> Bool

  /// Whether a trace that it holds is in one part of it.
  func isInOnePlace(_ trace: TraceID) -> Bool

  /// The versions of the spans of a trace, in the order of their arrival.
  ///
  /// - Parameter ids: `nil` for all of them; others are not decoded.
  func spans(of trace: TraceID, only ids: Set<SpanID>?, _ reading: inout SpanReading) -> [Span]

  /// The same in outline.
  func outlines(of trace: TraceID, _ reading: inout SpanReading) -> [SpanOutline]

  /// The parts and the starts of the spans in each.
  var parts: [SpanPart] { get }

  /// The traces of a part with a version of a span that fits, or that may fit joined with others; each trace once.
  func candidates(in part: Int, _ query: TraceQuery, _ reading: inout SpanReading) -> [TraceCandidate]

  /// Calls back with each pair of agent and operation of the spans that start within the range.
  func names(
    during range: Range<Int64>, _ reading: inout SpanReading,
    _ visit: (_ agent: String, _ operation: String, _ kind: SpanKind) -> Void)
}

struct SpanPart {
  var number: Int
  var starts: ClosedRange<Int64>
}

/// What one query holds while it runs: names of outlines, and blocks that it has opened.
struct SpanReading: ~Copyable {
  var names = NameTable()
  var blocks: [BlockKey: (block: OpenBlock, used: Int)] = [:]
  var clock = 0
}

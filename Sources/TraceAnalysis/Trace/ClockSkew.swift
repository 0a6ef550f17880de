import FleetModel

/// How far the clocks of a trace's processes are off, as far as its spans show it.
///
/// Processes are told apart by ``SpanOutline/instance``, where the sender gave none by the agent. A parent and its child in two
/// processes bound how far apart their clocks can be:
///
/// - A call (parent a client, child a server) that both have ended and that is no longer than its caller lay within it. So it
///   does where, by their own clocks, it did, whatever their kinds are: what fits stays.
/// - Any other child did not start before its parent.
/// - Consumers and children of producers bound nothing: they are asynchronous.
///
/// From the clock of the request's root on, each clock is moved by no more than what its bounds ask for: not at all where that fits
/// all of them, to the middle where a call must lie within its caller (the network took as long there as back; D. Mills, RFC 5905, and
/// Jaeger's adjuster of clock skew assume the same), else just as far as needed. One offset for each process, then; where bounds of one
/// process contradict each other (its clock was set while the trace ran, or two processes have one name) the spans of each
/// call to it are moved by themselves. Spans of one process whose parents are in it always move with them.
struct ClockSkew {
  /// By how much more than its parent's clock a child's must be moved.
  private struct Window {
    var lower = Int64.min
    var upper = Int64.max

    func contains(_ offset: Int64) -> Bool { lower <= offset && offset <= upper }

    /// The offset to take where none of the known ones fits.
    var choice: Int64 {
      if contains(0) { return 0 }
      if upper == .max { return lower }
      if lower == .min { return upper }
      return lower &+ Int64(truncatingIfNeeded: UInt64(bitPattern: upper &- lower) / 2)
    }

    func shifted(by offset: Int64) -> Window {
      Window(
        lower: lower == .min ? .min : ClockSkew.sum(lower, offset),
        upper: upper == .max ? .max : ClockSkew.sum(upper, offset))
    }

    var reversed: Window {
      Window(lower: upper == .max ? .min : 0 &- upper, upper: lower == .min ? .max : 0 &- lower)
    }

    mutating func intersect(_ other: Window) {
      lower = max(lower, other.lower)
      upper = min(upper, other.upper)
    }
  }

  private struct ClockPair: Hashable {
    var clock: Int32
    var other: Int32
  }

  /// - Returns: `nil` where all clocks may be right.
  init?(_ spans: [SpanOutline], _ parents: [Int32]) {
    let mayBeRight = spans.indices.allSatisfy { index in
      parents[index] < 0 || Self.window(spans[index], in: spans[Int(parents[index])])?.contains(0) ?? true
    }
    if mayBeRight { return nil }
  }

  private static func clock(_ span: SpanOutline) -> Int32 {
    span.instance.isNone ? span.agent.rawValue : span.instance.rawValue
  }

  /// - Returns: `nil` where the two say nothing of each other's clocks.
  private static func window(_ span: SpanOutline, in parent: SpanOutline) -> Window? {
    guard clock(span) != clock(parent), span.kind != .consumer, parent.kind != .producer else { return nil }
    let (start, end) = times(span)
    let (parentStart, parentEnd) = times(parent)
    let lower = parentStart - start
    guard span.state.hasEnded, parent.state.hasEnded, end - start <= parentEnd - parentStart else {
      return Window(lower: lower)
    }
    let upper = parentEnd - end
    let isCall = parent.kind == .client && span.kind == .server
    return isCall || (lower <= 0 && upper >= 0) ? Window(lower: lower, upper: upper) : Window(lower: lower)
  }

  private static func times(_ span: SpanOutline) -> (start: Int64, end: Int64) {
    let start = max(span.start, 0)
    return (start, max(start, span.end))
  }

  /// What to add to the times of each span.
  ///
  /// - Parameter order: parents before children; the first to mention a clock decides from whom it is set.
  func offsets(_ spans: [SpanOutline], _ parents: [Int32], inOrder order: [Int32]) -> [Int64] {
    let clocks = clockOffsets(spans, parents, order)
    var offsets = Array(repeating: Int64(0), count: spans.count)
    for index in order.lazy.map(Int.init) {
      let parent = Int(parents[index])
      if parent >= 0, Self.clock(spans[index]) == Self.clock(spans[parent]) {
        offsets[index] = offsets[parent]
        continue
      }
      let own = clocks[Self.clock(spans[index])] ?? 0
      offsets[index] = own
      guard parent >= 0, let window = Self.window(spans[index], in: spans[parent])?.shifted(by: offsets[parent]) else {
        continue
      }
      offsets[index] = [own, 0, offsets[parent]].first(where: window.contains) ?? window.choice
    }
    return offsets
  }

  /// One offset for each clock, from the first in the order on.
  private func clockOffsets(_ spans: [SpanOutline], _ parents: [Int32], _ order: [Int32]) -> [Int32: Int64] {
    var windows: [ClockPair: Window] = [:]
    var neighbours: [Int32: [Int32]] = [:]
    for index in order.lazy.map(Int.init) where parents[index] >= 0 {
      guard let window = Self.window(spans[index], in: spans[Int(parents[index])]) else { continue }
      let (clock, other) = (Self.clock(spans[index]), Self.clock(spans[Int(parents[index])]))
      let pair = ClockPair(clock: clock, other: other)
      if windows[pair] == nil {
        neighbours[clock, default: []].append(other)
        neighbours[other, default: []].append(clock)
      }
      windows[pair, default: Window()].intersect(window)
      windows[ClockPair(clock: other, other: clock), default: Window()].intersect(window.reversed)
    }
    var offsets: [Int32: Int64] = [:]
    for index in order.lazy.map(Int.init) {
      let clock = Self.clock(spans[index])
      guard offsets[clock] == nil else { continue }
      var all = Window()
      for other in neighbours[clock] ?? [] {
        guard let known = offsets[other], let window = windows[ClockPair(clock: clock, other: other)] else { continue }
        all.intersect(window.shifted(by: known))
      }
      offsets[clock] = all.lower <= all.upper ? all.choice : 0
    }
    return offsets
  }

  private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? (right < 0 ? .min : .max) : sum
  }

  /// A time, moved: never before 1970 nor past the last nanosecond there is, so that differences of times do not overflow.
  static func shifted(_ time: Int64, by offset: Int64) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(offset)
    return overflow ? (offset < 0 ? 0 : .max) : max(sum, 0)
  }
}

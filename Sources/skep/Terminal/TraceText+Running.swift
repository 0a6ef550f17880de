import ControlPlane
import FleetModel

extension TraceText {
  /// A trace of which nothing has ended yet, so that there is nothing to analyse: what runs, since when, and for whom.
  ///
  /// - Parameter now: nanoseconds since 1970; until then what is active has run.
  static func of(running trace: FleetAPI.Trace, now: Int64, _ style: Waterfall.Style) -> String {
    let order = depthFirst(trace.spans)
    var positions: [String: Int] = [:]
    var drawn: [Waterfall.Span] = []
    for span in order {
      let start = RFC3339.parseNanoseconds(span.startTime) ?? 0
      let state = SpanState.allCases.first { $0.name == span.status } ?? .active
      let parent = span.parentSpanID.flatMap { positions[$0] }
      // When a lost span stopped nobody knows.
      let end = span.endTime.flatMap(RFC3339.parseNanoseconds) ?? (state == .active ? now : start)
      drawn.append(
        Waterfall.Span(
          parent: parent, agent: span.agentID, operation: span.operation, start: start, end: max(start, end),
          state: state, remark: parent == nil && span.parentSpanID != nil ? "parent missing" : ""))
      positions[span.spanID] = drawn.count - 1
    }
    var facts = ["\(Wording.count(order.count)) spans"]
    for (state, words) in [(SpanState.active, "running"), (.lost, "lost")] {
      let count = drawn.count { $0.state == state }
      if count > 0 { facts.append("\(Wording.count(count)) \(words)") }
    }
    let parts: [String?] = [
      Terminal.paint("trace \(trace.traceID)", .bold) + "\n" + facts.joined(separator: ", ")
        + ", none has ended: no critical path yet",
      Waterfall(spans: drawn, path: []).text(style),
    ]
    return parts.compactMap(\.self).joined(separator: "\n\n")
  }

  /// Parents before their children, and those before the next sibling. What is its own ancestor stands at the end.
  private static func depthFirst(_ spans: [FleetAPI.Span]) -> [FleetAPI.Span] {
    let known = Set(spans.map(\.spanID))
    var children: [String: [Int]] = [:]
    var waiting: [Int] = []
    for (index, span) in spans.enumerated().reversed() {
      if let parent = span.parentSpanID, known.contains(parent) {
        children[parent, default: []].append(index)
      } else {
        waiting.append(index)
      }
    }
    var order: [Int] = []
    var isPlaced = Array(repeating: false, count: spans.count)
    while let index = waiting.popLast() {
      guard !isPlaced[index] else { continue }
      isPlaced[index] = true
      order.append(index)
      waiting += children[spans[index].spanID] ?? []
    }
    return (order + spans.indices.filter { !isPlaced[$0] }).map { spans[$0] }
  }
}

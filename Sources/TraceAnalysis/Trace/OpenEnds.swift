import FleetModel

/// Gives an end to spans that have none, and finds which children were waited for.
enum OpenEnds {
  static func close(_ assembled: [CorrectedSpan], asOf now: Int64?) -> [CorrectedSpan] {
    var spans = assembled
    // The last moment that is known of each span and its descendants.
    var known = spans.map { $0.outline.state.hasEnded ? $0.end : $0.start }
    for position in spans.indices.reversed() {
      let parent = Int(spans[position].parentPosition)
      if parent >= 0, known[position] > known[parent] { known[parent] = known[position] }
    }
    let last = spans.indices.lazy.filter { spans[$0].parentPosition < 0 }.map { known[$0] }.max() ?? 0
    var isRunning = Array(repeating: false, count: spans.count)
    for position in spans.indices {
      let parent = Int(spans[position].parentPosition)
      if !spans[position].outline.state.hasEnded {
        isRunning[position] = parent < 0 || isRunning[parent]
        let moment = spans[position].outline.state == .active ? max(last, now ?? last) : last
        spans[position].end = isRunning[position] ? max(moment, spans[position].start) : known[position]
      }
      if parent >= 0 { spans[position].isAwaited = isAwaited(spans[position], by: spans[parent]) }
    }
    return spans
  }

  private static func isAwaited(_ span: CorrectedSpan, by parent: CorrectedSpan) -> Bool {
    if span.outline.kind == .consumer || parent.outline.kind == .producer { return false }
    guard span.start <= parent.end, span.end >= parent.start else { return false }
    if span.outline.kind == .server && parent.outline.kind == .client { return true }
    return span.end <= parent.end || span.end - parent.end <= CriticalPath.tolerance(parent.duration)
  }
}

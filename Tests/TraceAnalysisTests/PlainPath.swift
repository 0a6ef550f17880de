import FleetModel
import TraceAnalysis

/// The critical path and the replay by their definitions, word for word and without a thought for cost.
struct PlainPath {
  let tree: TraceTree

  struct Child {
    var span: Int
    var start: Int64
    var end: Int64
    var settled: Int64
  }

  func children(of span: Int, _ start: Int64, _ end: Int64) -> [Child] {
    tree.spans.indices.filter { tree.spans[$0].parent == span && tree.spans[$0].isAwaited }.compactMap {
      let (from, to) = (max(start, tree.spans[$0].start), min(end, tree.spans[$0].end))
      let noise = min((end - start) / 100, 1_000_000, (to - from) / 2)
      return from < to ? Child(span: $0, start: from, end: to, settled: to - noise) : nil
    }
  }

  /// The span whose work each part of a path is.
  func path(_ span: Int, _ start: Int64, _ end: Int64) -> [PathSection] {
    let all = children(of: span, start, end)
    func upTo(_ moment: Int64) -> [PathSection] {
      let before = all.filter { $0.settled <= moment && $0.start < moment }
      let last = before.max { left, right in
        let (id, other) = (tree.spans[left.span].outline.spanID, tree.spans[right.span].outline.spanID)
        return (left.end, -left.start, other) < (right.end, -right.start, id)
      }
      guard let last else { return own(span, start, moment) }
      let end = min(last.end, moment)
      return upTo(last.start) + path(last.span, last.start, end) + own(span, end, moment)
    }
    return upTo(end)
  }

  private func own(_ span: Int, _ start: Int64, _ end: Int64) -> [PathSection] {
    start < end ? [PathSection(span: span, start: start, end: end)] : []
  }

  /// As ``path(_:_:_:)``, sections of one span that adjoin made one.
  func path(of root: Int) -> [PathSection] {
    var sections: [PathSection] = []
    for section in path(root, tree.spans[root].start, tree.spans[root].end) {
      if let last = sections.last, last.span == section.span {
        sections[sections.count - 1].end = section.end
      } else {
        sections.append(section)
      }
    }
    return sections
  }

  /// How long a span takes with only so much of the own work of each.
  func replayed(_ span: Int, _ start: Int64, _ end: Int64, share: (Int) -> Double) -> Int64 {
    let all = children(of: span, start, end).sorted { ($0.start, $0.span) < ($1.start, $1.span) }
    let saved = 1 - share(span)
    let work = { (time: Int64) in time <= 0 ? time : time - Int64(Double(time) * saved) }
    var ends: [Int: Int64] = [:]
    for child in all {
      let before = all.filter { $0.settled <= child.start && $0.span != child.span }
      let lag = child.start - (before.map(\.end).max() ?? start)
      let begin = max(0, (before.compactMap { ends[$0.span] }.max() ?? 0) + work(lag))
      ends[child.span] = begin + replayed(child.span, child.start, child.end, share: share)
    }
    return (ends.values.max() ?? 0) + work(end - (all.map(\.end).max() ?? start))
  }

  func replayed(root: Int, share: (Int) -> Double) -> Int64 {
    replayed(root, tree.spans[root].start, tree.spans[root].end, share: share)
  }
}

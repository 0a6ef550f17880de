import FleetModel

/// From spans in any order to ``TraceTree/spans``, all but the ends of those that have none.
struct TraceAssembly {
  private(set) var spans: [CorrectedSpan] = []
  private(set) var roots: [Int] = []
  private(set) var duplicates = 0

  init(_ arrived: [SpanOutline]) {
    let (kept, table) = Self.unique(arrived)
    duplicates = arrived.count - kept.count
    var links = Self.links(kept, table)
    Self.breakLoops(&links, kept)
    var forest = SpanForest(links: links.parents, order: Self.order(kept, offsets: nil))
    var offsets: [Int64] = []
    if let skew = ClockSkew(kept, links.parents) {
      let order = forest.depthFirst { links.standings[Int($0)] == .root }
      offsets = skew.offsets(kept, links.parents, inOrder: order)
      forest = SpanForest(links: links.parents, order: Self.order(kept, offsets: offsets))
    }
    place(kept, links, offsets, forest.depthFirst { _ in true })
  }

  // MARK: Who is who

  private struct Links {
    /// Of each span; -1 for a root.
    var parents: [Int32]
    var standings: [CorrectedSpan.Standing]
  }

  private static func unique(_ arrived: [SpanOutline]) -> ([SpanOutline], SpanTable) {
    var table = SpanTable(count: arrived.count)
    var kept: [SpanOutline] = []
    kept.reserveCapacity(arrived.count)
    for span in arrived {
      if let known = table.insert(span.spanID, Int32(truncatingIfNeeded: kept.count)) {
        if counts(span, before: kept[Int(known)]) { kept[Int(known)] = span }
      } else {
        kept.append(span)
      }
    }
    return (kept, table)
  }

  /// Of two spans with one id: the one that ended, the later end, the earlier start, and then whatever tells them apart.
  private static func counts(_ span: SpanOutline, before other: SpanOutline) -> Bool {
    if span.state.hasEnded != other.state.hasEnded { return span.state.hasEnded }
    if span.end != other.end { return span.end > other.end }
    if span.start != other.start { return span.start < other.start }
    if span.parent != other.parent { return span.parent > other.parent }
    if span.state != other.state { return span.state.rawValue > other.state.rawValue }
    if span.kind != other.kind { return span.kind.rawValue > other.kind.rawValue }
    if span.inputTokens != other.inputTokens { return span.inputTokens > other.inputTokens }
    return span.outputTokens > other.outputTokens
  }

  private static func links(_ spans: [SpanOutline], _ table: SpanTable) -> Links {
    var links = Links(
      parents: Array(repeating: -1, count: spans.count), standings: Array(repeating: .child, count: spans.count))
    for (index, span) in spans.enumerated() {
      if span.parent == 0 {
        links.standings[index] = .root
      } else if let parent = table[span.parent] {
        links.parents[index] = parent
      } else {
        links.standings[index] = .orphan
      }
    }
    return links
  }

  /// Makes the earliest span of each circle a root.
  private static func breakLoops(_ links: inout Links, _ spans: [SpanOutline]) {
    // The number of the walk that came by first; 0 for none.
    var walks = Array(repeating: Int32(0), count: spans.count)
    for first in spans.indices where walks[first] == 0 {
      let walk = Int32(truncatingIfNeeded: first + 1)
      var here = Int32(truncatingIfNeeded: first)
      while here >= 0, walks[Int(here)] == 0 {
        walks[Int(here)] = walk
        here = links.parents[Int(here)]
      }
      guard here >= 0, walks[Int(here)] == walk else { continue }
      var (earliest, next) = (here, links.parents[Int(here)])
      while next != here {
        let (span, best) = (spans[Int(next)], spans[Int(earliest)])
        if (span.start, span.spanID) < (best.start, best.spanID) { earliest = next }
        next = links.parents[Int(next)]
      }
      links.parents[Int(earliest)] = -1
      links.standings[Int(earliest)] = .loop
    }
  }

  // MARK: Order

  /// All spans by start and then id.
  private static func order(_ spans: [SpanOutline], offsets: [Int64]?) -> [Int32] {
    struct Key {
      var start: Int64
      var id: UInt64
      var index: Int32
    }
    var keys: [Key] = []
    keys.reserveCapacity(spans.count)
    var isSorted = true
    for (index, span) in spans.enumerated() {
      let start = ClockSkew.shifted(span.start, by: offsets?[index] ?? 0)
      let key = Key(start: start, id: span.spanID.rawValue, index: Int32(truncatingIfNeeded: index))
      if let last = keys.last, (key.start, key.id) < (last.start, last.id) { isSorted = false }
      keys.append(key)
    }
    if !isSorted {
      keys.sort { left, right in left.start != right.start ? left.start < right.start : left.id < right.id }
    }
    return keys.map(\.index)
  }

  private mutating func place(_ kept: [SpanOutline], _ links: Links, _ offsets: [Int64], _ order: [Int32]) {
    var positions = Array(repeating: Int32(-1), count: kept.count)
    spans.reserveCapacity(kept.count)
    for index in order {
      let parent = links.parents[Int(index)]
      let position = Int32(truncatingIfNeeded: spans.count)
      positions[Int(index)] = position
      let outline = kept[Int(index)]
      let offset = offsets.isEmpty ? 0 : offsets[Int(index)]
      let start = ClockSkew.shifted(outline.start, by: offset)
      let parentPosition = parent < 0 ? -1 : positions[Int(parent)]
      if parentPosition < 0 { roots.append(Int(position)) }
      spans.append(
        CorrectedSpan(
          outline: outline, start: start, end: max(start, ClockSkew.shifted(outline.end, by: offset)), offset: offset,
          depth: parentPosition < 0 ? 0 : spans[Int(parentPosition)].depth + 1, descendants: 0,
          standing: links.standings[Int(index)], isAwaited: false, parentPosition: parentPosition))
    }
    for position in spans.indices.reversed() {
      let parent = spans[position].parentPosition
      if parent >= 0 { spans[Int(parent)].descendants += spans[position].descendants + 1 }
    }
  }
}

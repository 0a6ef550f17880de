import FleetModel

/// Which spans of a waterfall have a line, and what the others are folded into.
struct WaterfallRows {
  struct Row {
    /// `nil` where it stands for spans that are folded.
    var span: Int?
    /// Of the span, or of those that are folded the first: their parent.
    var parent: Int?
    var depth: Int
    var start: Int64
    var end: Int64
    var state: SpanState?
    /// How many spans it stands for.
    var count = 1
    var errorCount = 0
    var openCount = 0

    var isFold: Bool { span == nil }
  }

  private(set) var rows: [Row] = []

  private let spans: [Waterfall.Span]
  /// How many spans are below each.
  private let descendants: [Int]
  private var isShown: [Bool]
  private var room: Int

  init(spans: [Waterfall.Span], path: [Waterfall.Section], limit: Int) {
    self.spans = spans
    var descendants = Array(repeating: 0, count: spans.count)
    for position in spans.indices.reversed() {
      guard let parent = spans[position].parent, (0..<position).contains(parent) else { continue }
      descendants[parent] += descendants[position] + 1
    }
    self.descendants = descendants
    isShown = Array(repeating: spans.count <= limit, count: spans.count)
    // Each span that is shown may have a line for what is folded below it.
    room = limit / 2
    if spans.count > limit { choose(path) }
    build()
  }

  // MARK: Choosing

  private mutating func choose(_ path: [Waterfall.Section]) {
    var times = Array(repeating: UInt64(0), count: spans.count)
    for section in path where times.indices.contains(section.span) {
      times[section.span] &+= Waterfall.length(section.start, section.end)
    }
    let all = room
    show(first(of: path) ?? 0)
    let onPath = spans.indices.filter { times[$0] > 0 }
    show(onPath.sorted { times[$0] != times[$1] ? times[$0] > times[$1] : $0 < $1 }, keeping: all / 2)
    let odd = spans.indices.filter { spans[$0].state == .error || !spans[$0].state.hasEnded }
    show(odd, keeping: all / 4)
    let lengths = spans.map { Waterfall.length($0.start, $0.end) }
    show(spans.indices.sorted { lengths[$0] != lengths[$1] ? lengths[$0] > lengths[$1] : $0 < $1 }, keeping: 0)
  }

  /// The root of the request.
  private func first(of path: [Waterfall.Section]) -> Int? {
    guard var position = path.first?.span, spans.indices.contains(position) else { return nil }
    while let parent = spans[position].parent, (0..<position).contains(parent) { position = parent }
    return position
  }

  private mutating func show(_ positions: [Int], keeping rest: Int) {
    for position in positions where room > rest { show(position) }
  }

  /// Shows a span and all that it is part of, or nothing where there is no room for that.
  private mutating func show(_ position: Int) {
    var (chain, next): ([Int], Int?) = ([], position)
    while let here = next, spans.indices.contains(here), !isShown[here] {
      guard chain.count < room else { return }
      chain.append(here)
      next = spans[here].parent.flatMap { $0 < here ? $0 : nil }
    }
    for here in chain { isShown[here] = true }
    room -= chain.count
  }

  // MARK: Building

  private mutating func build() {
    var folds: [Int: Row] = [:]
    var open: [(span: Int, end: Int)] = []
    var position = 0
    while position < spans.count {
      while let last = open.last, last.end <= position { close(&open, &folds) }
      if isShown[position] {
        let span = spans[position]
        rows.append(
          Row(
            span: position, parent: open.last?.span, depth: open.count, start: span.start, end: span.end,
            state: span.state))
        open.append((position, position + 1 + descendants[position]))
        position += 1
      } else {
        let key = open.last?.span ?? -1
        let hidden = position...position + descendants[position]
        for span in spans[hidden] {
          folds[key, default: Self.fold(span, open.last?.span, depth: open.count)].add(span)
        }
        position = hidden.upperBound + 1
      }
    }
    while !open.isEmpty { close(&open, &folds) }
    if let fold = folds[-1] { rows.append(fold) }
  }

  private mutating func close(_ open: inout [(span: Int, end: Int)], _ folds: inout [Int: Row]) {
    guard let last = open.popLast(), let fold = folds.removeValue(forKey: last.span) else { return }
    rows.append(fold)
  }

  private static func fold(_ span: Waterfall.Span, _ parent: Int?, depth: Int) -> Row {
    Row(span: nil, parent: parent, depth: depth, start: span.start, end: span.end, state: nil, count: 0)
  }

  /// The row that stands for each span.
  static func owners(_ rows: [Row], spans: [Waterfall.Span]) -> [Int] {
    var owners = Array(repeating: -1, count: spans.count)
    var folds: [Int: Int] = [:]
    for (index, row) in rows.enumerated() {
      if let span = row.span { owners[span] = index } else { folds[row.parent ?? -1] = index }
    }
    for position in spans.indices where owners[position] < 0 {
      let parent = spans[position].parent.flatMap { (0..<position).contains($0) ? $0 : nil }
      guard let parent else {
        owners[position] = folds[-1] ?? 0
        continue
      }
      let above = owners[parent]
      owners[position] = rows[above].isFold ? above : folds[parent] ?? above
    }
    return owners
  }
}

extension WaterfallRows.Row {
  fileprivate mutating func add(_ span: Waterfall.Span) {
    start = min(start, span.start)
    end = max(end, span.end)
    count += 1
    if span.state == .error { errorCount += 1 }
    if !span.state.hasEnded { openCount += 1 }
  }
}

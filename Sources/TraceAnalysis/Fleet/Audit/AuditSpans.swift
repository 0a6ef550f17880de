import FleetModel

/// A span that no parent explains: it may be a call whose context was lost.
struct AuditFragment: Sendable {
  var key: SpanKey
  var start: Int64
  var end: Int64
  /// Agent and operation, in the audit's index.
  var operation: Int
  var agent: NameID
  var ids: AuditIdentifiers
}

/// A span that may have made a call of which its trace knows nothing.
struct AuditSite: Sendable {
  var key: SpanKey
  var start: Int64
  var end: Int64
  /// Agent and operation, in the audit's index.
  var operation: Int
  var agent: NameID
  /// Of the first root of its trace.
  var rootAgent: NameID
  var kind: SpanKind
  var ids: AuditIdentifiers

  var isOutgoing: Bool { kind == .client || kind == .producer }
}

/// What says in spans of different traces that they belong together.
struct AuditIdentifiers: Sendable {
  var toolCall: NameID
  var task: NameID
  var conversation: NameID

  /// Of the span itself, else of the nearest span above it that has one. A tool call is the span's own affair.
  init(_ position: Int, _ tree: TraceTree) {
    toolCall = tree.spans[position].outline.toolCall
    task = .none
    conversation = .none
    var next: Int? = position
    var steps = 0
    while let here = next, steps < 64, task.isNone || conversation.isNone {
      if task.isNone { task = tree.spans[here].outline.task }
      if conversation.isNone { conversation = tree.spans[here].outline.conversation }
      next = tree.spans[here].parent
      steps += 1
    }
  }

  /// What is missing, taken from the first span of the trace that has it.
  mutating func complete(from tree: TraceTree) {
    for span in tree.spans.lazy.map(\.outline) {
      if toolCall.isNone { toolCall = span.toolCall }
      if task.isNone { task = span.task }
      if conversation.isNone { conversation = span.conversation }
    }
  }

  /// The strongest id that both have.
  func evidence(with other: AuditIdentifiers) -> AuditFindings.Evidence? {
    if !toolCall.isNone, toolCall == other.toolCall { return .toolCall }
    if !task.isNone, task == other.task { return .task }
    return !conversation.isNone && conversation == other.conversation ? .conversation : nil
  }
}

/// Spans by the time they cover.
struct SiteTimeline: Sendable {
  /// By start, then by id.
  let sites: [AuditSite]
  /// A binary tree over `sites`, its root at 1: the latest end below each node.
  private let latestEnd: [Int64]
  private let leaves: Int

  init(_ unsorted: [AuditSite]) {
    sites = unsorted.sorted { ($0.start, $0.key.spanID) < ($1.start, $1.key.spanID) }
    var leaves = 1
    while leaves < sites.count { leaves *= 2 }
    var latest = [Int64](repeating: .min, count: 2 * leaves)
    for (position, site) in sites.enumerated() { latest[leaves + position] = site.end }
    for node in stride(from: leaves - 1, through: 1, by: -1) {
      latest[node] = max(latest[2 * node], latest[2 * node + 1])
    }
    latestEnd = latest
    self.leaves = leaves
  }

  /// Calls `visit` with the sites that begin at or before `start` and end at or after `end`, the latest start first, at most
  /// `limit` of them. Logarithmic for each one.
  func covering(_ start: Int64, through end: Int64, limit: Int, _ visit: (AuditSite) -> Void) {
    var low = 0
    var high = sites.count
    while low < high {
      let middle = (low + high) / 2
      if sites[middle].start <= start { low = middle + 1 } else { high = middle }
    }
    let bound = low
    guard bound > 0 else { return }
    var found = 0
    // Right before left: the top of the stack is the right-most node that is still to be seen.
    var stack = [(node: 1, first: 0, width: leaves)]
    while let (node, first, width) = stack.popLast() {
      guard first < bound, latestEnd[node] >= end else { continue }
      if width == 1 {
        visit(sites[first])
        found += 1
        if found == limit { return }
        continue
      }
      stack.append((2 * node, first, width / 2))
      stack.append((2 * node + 1, first + width / 2, width / 2))
    }
  }
}

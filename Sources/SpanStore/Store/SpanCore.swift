import FleetModel
import Synchronization

/// The live head, the spans in flight and what leads to both: what the store on disk and the one in memory share.
///
/// Everything here but ``sources()`` and ``openSpans()`` is called on the thread of the ``SpanIntakeQueue`` alone.
final class SpanCore: Sendable {
  private struct State {
    var live = Head()
    var open = OpenSpans()
  }

  private let state = Mutex(State())
  /// All that is stored but the live head, in the order of arrival.
  private let stored: @Sendable () -> [any SpanSource]

  init(stored: @escaping @Sendable () -> [any SpanSource]) { self.stored = stored }

  var live: Head { state.withLock { $0.live } }
  var openCount: Int { state.withLock { $0.open.count } }

  /// - Parameter arrange: makes the old head one of those that are stored, at the moment in which the new one is live.
  func replaceLive(with head: Head, arrange: (Head) -> Void) {
    state.withLock { state in
      let old = state.live
      old.seal()
      arrange(old)
      state.live = head
    }
  }

  func sources() -> SpanSources {
    // Under the lock, so that no head is missed while it changes its place.
    state.withLock { state in SpanSources(sources: stored() + [state.live]) }
  }

  // MARK: Taking

  /// Why a batch cannot be taken; `nil` where it can.
  static func flaw(of batch: SpanBatch) -> SpanStoreError? {
    guard batch.isSound else { return .malformed("a range of it leads nowhere, or a span ends before it starts") }
    let size = size(of: batch)
    return size <= mostBytes ? nil : .malformed("its spans come to \(size) bytes, more than 256 MiB")
  }

  private static let mostBytes = 256 << 20

  /// What its text comes to when each span has its own.
  private static func size(of batch: SpanBatch) -> Int {
    let attributes = batch.attributes.reduce(into: [0]) { sums, attribute in
      let text = attribute.kind.isText ? Int(attribute.text.count) : 0
      sums.append(sums[sums.count - 1] + Int(attribute.key.count) + text + 16)
    }
    let of = { (range: BatchRange) in attributes[range.range.upperBound] - attributes[range.range.lowerBound] }
    let events = batch.events.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int($1.name.count) + of($1.attributes)) }
    let links = batch.links.reduce(into: [0]) {
      $0.append($0[$0.count - 1] + Int($1.traceState.count) + of($1.attributes))
    }
    return batch.spans.reduce(0) { sum, span in
      sum + 80 + Int(span.operation.count) + Int(span.statusMessage.count) + Int(span.traceState.count)
        + of(span.attributes) + events[span.events.range.upperBound] - events[span.events.range.lowerBound]
        + links[span.links.range.upperBound] - links[span.links.range.lowerBound]
    }
  }

  /// Rows that were packed became visible: they may start or end spans in flight.
  func noteVisible(from first: Int, in head: Head) {
    let changes = head.read { content in Self.changes(from: first, content) }
    guard !changes.isEmpty else { return }
    let others = stored()
    // Before the lock: segments may have to come from the disk.
    var isElsewhere: [TraceID: Bool] = [:]
    for case .started(let span, _) in changes where isElsewhere[span.key.traceID] == nil {
      isElsewhere[span.key.traceID] = others.contains { $0.mayHold(span.key.traceID) }
    }
    state.withLock { state in
      for change in changes {
        switch change {
        case .started(let span, let isDoubtful):
          let isDoubtful = isDoubtful || isElsewhere[span.key.traceID] ?? true
          state.open.insert(OpenSpans.Entry(span: span, isDoubtful: isDoubtful))
        case .ended(let key): state.open.end(key)
        case .lost(let key): state.open.remove(key)
        }
      }
    }
  }

  private enum Change {
    case started(OpenSpan, isDoubtful: Bool)
    case ended(SpanKey)
    case lost(SpanKey)
  }

  private static func changes(from first: Int, _ content: borrowing Head.Content) -> [Change] {
    var changes: [Change] = []
    for number in first..<content.visible {
      let row = content.spans.rows[number]
      guard let trace = row.traceID, let id = SpanID(rawValue: row.spanID) else { continue }
      let key = SpanKey(traceID: trace, spanID: id)
      if row.spanState == .active {
        switch isOver(row, content) {
        case true?: break
        case let answer:
          if let span = content.spans.openSpan(row) { changes.append(.started(span, isDoubtful: answer == nil)) }
        }
      } else {
        changes.append(row.hasEnded ? .ended(key) : .lost(key))
      }
    }
    return changes
  }

  /// Rows of a trace that are looked at for an end that came before its start.
  private static let longestLook = 64

  /// Whether a version of the span that is not active came before; `nil` where the trace is too long to tell.
  private static func isOver(_ row: PackedRow, _ content: borrowing Head.Content) -> Bool? {
    var next = row.previous
    for _ in 0..<longestLook {
      if next == PackedRow.none { return false }
      let other = content.spans.rows[Int(next)]
      if other.spanID == row.spanID, other.spanState != .active { return true }
      next = other.previous
    }
    return nil
  }

  // MARK: Spans in flight

  /// Reads: those that may have ended already are looked up. Blocks.
  func openSpans() -> [OpenSpan] {
    settleDoubts()
    return state.withLock { $0.open.inOrder }
  }

  /// As ``openSpans()``, those with these ids alone.
  func openSpans(withIDs ids: Set<SpanID>) -> [OpenSpan] {
    let entries = state.withLock { $0.open.withIDs(ids) }
    guard entries.contains(where: \.isDoubtful) else { return entries.map(\.span) }
    settleDoubts()
    return state.withLock { $0.open.withIDs(ids).map(\.span) }
  }

  private func settleDoubts() {
    let doubtful = state.withLock { state in state.open.entries.values.filter(\.isDoubtful).map(\.span) }
    guard !doubtful.isEmpty else { return }
    let sources = sources()
    for (trace, spans) in Dictionary(grouping: doubtful, by: \.key.traceID) {
      let states = Dictionary(
        sources.spans(of: trace, only: Set(spans.map(\.key.spanID))).map { ($0.spanID, $0.state) },
        uniquingKeysWith: { first, _ in first })
      state.withLock { state in
        for span in spans where state.open.entries[span.key]?.isDoubtful == true {
          if states[span.key.spanID].map({ $0 != .active }) ?? false {
            state.open.end(span.key)
          } else {
            state.open.insert(OpenSpans.Entry(span: span, isDoubtful: false))
          }
        }
      }
    }
  }

  func finish(
    _ id: SpanID, of trace: TraceID?, at end: Int64, state endState: SpanState, statusMessage: String,
    attributes: [SpanAttribute]
  ) throws(SpanStoreError) -> SpanBatch {
    let known = state.withLock { state in
      trace ?? state.open.only(id)?.traceID ?? state.open.traceOfEnded(id)
    }
    guard let known, let span = sources().spans(of: known, only: [id]).first else {
      throw .unknownSpan(id)
    }
    if span.state.hasEnded { throw .finishedSpan(id) }
    return try SpanFinish.batch([
      SpanFinish.ended(span, at: end, state: endState, statusMessage: statusMessage, attributes: attributes)
    ])
  }

  /// - Returns: `nil` where none of them is in flight.
  func lost(_ keys: [SpanKey], at time: Int64) throws(SpanStoreError) -> SpanBatch? {
    let open = state.withLock { state in keys.filter { state.open.entries[$0] != nil } }
    let sources = sources()
    var lost: [Span] = []
    for (trace, keys) in Dictionary(grouping: open, by: \.traceID) {
      let ids = Set(keys.map(\.spanID))
      for span in sources.spans(of: trace, only: ids) where span.state == .active {
        lost.append(SpanFinish.lost(span, at: time))
      }
    }
    return lost.isEmpty ? nil : try SpanFinish.batch(lost)
  }

  /// The spans in flight that started before a time are followed no longer.
  func forgetOpen(before time: Int64) {
    state.withLock { state in
      for entry in state.open.entries.values where entry.span.start < time { state.open.remove(entry.span.key) }
    }
  }

  /// Packs spans in flight, all versions of each joined into one, at the end of a head; shows nothing.
  ///
  /// - Parameters:
  ///   - sources: what has them.
  ///   - bytes: what the head may come to; those that started last go first.
  /// - Returns: the start from which on they are all there; others are to be forgotten once the head is live. `nil` if all are.
  func carryOpen(from sources: SpanSources, into head: Head, upTo bytes: Int) -> Int64? {
    let open = state.withLock { $0.open.inOrder }
    for first in stride(from: open.count, to: 0, by: -Self.carriedAtOnce) {
      let chunk = open[max(0, first - Self.carriedAtOnce)..<first]
      for (trace, spans) in Dictionary(grouping: chunk, by: \.key.traceID) {
        let found = sources.spans(of: trace, only: Set(spans.map(\.key.spanID)))
        for span in found where span.state == .active { if let batch = SpanBatch([span]) { head.pack([batch]) } }
      }
      if head.byteCount > bytes, chunk.startIndex > 0 { return chunk.first?.start }
    }
    return nil
  }

  private static let carriedAtOnce = 64
}

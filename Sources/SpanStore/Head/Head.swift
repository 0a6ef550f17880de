import FleetModel
import Synchronization

/// The spans that came last, in memory: one writer, many readers.
///
/// 1. Rows are packed at the end, where no reader looks yet (``pack(_:)``).
/// 2. Once they are in the log they are shown (``show(to:)``), else taken back (``undo(to:)``).
/// 3. A full head is sealed; from then on it does not change, and is read without its lock.
// Unchecked for `content`: it changes under `lock` alone, and never after `isSealed` was set under it.
final class Head: @unchecked Sendable {
  struct Content: ~Copyable, Sendable {
    var spans = PackedSpans()
    var traces = TraceRows()
    /// Rows from here on are not in the log yet.
    var visible = 0
    /// Of the starts of visible rows; empty without any.
    var firstStart = Int64.max
    var lastStart = Int64.min
    /// The latest start or end.
    var latest = Int64.min
  }

  private let lock = Mutex(())
  private var content = Content()
  private let isSealed = Atomic(false)

  /// Reads; keep it short while the head is not sealed, the writer waits.
  func read<Value: Sendable>(_ body: (borrowing Content) -> Value) -> Value {
    if isSealed.load(ordering: .acquiring) { return body(content) }
    return lock.withLock { _ in body(content) }
  }

  private func change(_ body: (inout Content) -> Void) {
    lock.withLock { _ in
      precondition(!isSealed.load(ordering: .relaxed), "BUG: a sealed head is written to")
      body(&content)
    }
  }

  // MARK: For the one writer

  func pack(_ batches: [SpanBatch]) { change { for batch in batches { $0.spans.append(batch) } } }

  /// Changes what no reader sees: rows beyond the visible ones.
  func edit(_ body: (inout PackedSpans) -> Void) { change { body(&$0.spans) } }

  /// Shows all rows to readers.
  func show() {
    change { content in
      for number in content.visible..<content.spans.rows.count {
        content.traces.insert(number, &content.spans.rows)
        let row = content.spans.rows[number]
        content.firstStart = min(content.firstStart, row.start)
        content.lastStart = max(content.lastStart, row.start)
        content.latest = max(content.latest, max(row.start, row.end))
      }
      content.visible = content.spans.rows.count
    }
  }

  func undo(to mark: PackedSpans.Mark) { change { $0.spans.truncate(to: mark) } }

  func seal() { lock.withLock { _ in isSealed.store(true, ordering: .releasing) } }

  var mark: PackedSpans.Mark { read { $0.spans.mark } }
  var byteCount: Int { read { $0.spans.byteCount + $0.traces.byteCount } }
  var isEmpty: Bool { read { $0.visible == 0 } }
}

extension Head.Content {
  /// The visible rows of a trace as they arrived.
  ///
  /// - Parameter ids: `nil` for all of them.
  func rows(of trace: TraceID, only ids: Set<SpanID>? = nil) -> [PackedRow] {
    var rows: [PackedRow] = []
    var next = traces.latest(trace, spans.rows).map { UInt32($0) } ?? PackedRow.none
    while next != PackedRow.none {
      let row = spans.rows[Int(next)]
      if ids.map({ ids in SpanID(rawValue: row.spanID).map(ids.contains) ?? false }) ?? true { rows.append(row) }
      next = row.previous
    }
    rows.reverse()
    return rows
  }
}

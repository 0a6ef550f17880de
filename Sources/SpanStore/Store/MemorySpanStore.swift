public import FleetModel
import Platform
import Synchronization

/// Spans in memory alone: gone with the process. For a control plane without a data directory, and for tests.
///
/// Holds about `capacity` bytes; beyond, the spans that arrived first make room. Those in flight stay, as long as they take no more
/// than a part of it.
public final class MemorySpanStore: SpanWriter, SpanReader {
  private let core: SpanCore
  private let intake: SpanIntakeQueue

  public init(capacity: Int = 64 << 20) {
    let heads = SealedHeads()
    let core = SpanCore(stored: { heads.all.withLock { $0 } })
    let size = max(capacity / 4, 1)
    self.core = core
    intake = SpanIntakeQueue(label: "skep.spans.memory") { batches throws(SpanStoreError) in
      let head = core.live
      let first = head.mark.rows
      head.pack(batches)
      head.show()
      core.noteVisible(from: first, in: head)
      guard head.byteCount > size else { return }
      var gone: Head?
      core.replaceLive(with: Head()) { old in
        gone = heads.all.withLock { all in
          all.append(old)
          return all.count > 3 ? all.removeFirst() : nil
        }
      }
      if let gone { MemorySpanStore.keepOpen(of: gone, in: core, bytes: size / 2) }
    }
  }

  /// Takes the spans in flight that are in `gone` alone over into the live head; those that started first go where they are many.
  private static func keepOpen(of gone: Head, in core: SpanCore, bytes: Int) {
    let head = core.live
    let first = head.mark.rows
    let kept = core.carryOpen(from: SpanSources(sources: [gone]), into: head, upTo: bytes)
    head.show()
    core.noteVisible(from: first, in: head)
    if let kept { core.forgetOpen(before: kept) }
  }

  /// Heads that are full, the oldest first.
  private final class SealedHeads: Sendable {
    let all = Mutex<[Head]>([])
  }

  // MARK: SpanWriter

  public func append(_ batch: SpanBatch) async throws(SpanStoreError) {
    if let flaw = SpanCore.flaw(of: batch) { throw flaw }
    try await intake.append(batch)
  }

  public func openSpans() async -> [OpenSpan] { await SpanQueries.run { [core] in core.openSpans() } }

  public func openSpans(withIDs ids: Set<SpanID>) async -> [OpenSpan] {
    await SpanQueries.run { [core] in core.openSpans(withIDs: ids) }
  }

  public func finish(
    _ span: SpanID, of trace: TraceID?, at end: Int64, state: SpanState, statusMessage: String,
    attributes: [SpanAttribute]
  ) async throws(SpanStoreError) -> Span {
    let ended = try await intake.take { [core] () throws(SpanStoreError) in
      try core.finish(span, of: trace, at: end, state: state, statusMessage: statusMessage, attributes: attributes)
    }
    guard let ended, !ended.isEmpty else { throw .unknownSpan(span) }
    return ended.span(at: 0)
  }

  public func markLost(_ spans: [SpanKey], at time: Int64) async throws(SpanStoreError) -> Int {
    try await intake.take { [core] () throws(SpanStoreError) in try core.lost(spans, at: time) }?.count ?? 0
  }

  // MARK: SpanReader

  public func spans(of trace: TraceID) async throws(SpanStoreError) -> [Span] {
    await SpanQueries.run { [core] in core.sources().spans(of: trace) }
  }

  public func search(_ query: TraceQuery) async throws(SpanStoreError) -> [TraceSummary] {
    await SpanQueries.run { [core] in core.sources().search(query) }
  }

  public func outlines(
    matching query: TraceQuery, visit: @Sendable ([TraceOutline], NameTable) throws -> Void
  ) async throws {
    try await SpanQueries.outlines(core.sources(), matching: query, visit: visit)
  }

  public func agents(during range: Range<Int64>) async throws(SpanStoreError) -> [String] {
    await SpanQueries.run { [core] in core.sources().agents(during: range) }
  }

  public func operations(of agent: String?, during range: Range<Int64>) async throws(SpanStoreError)
    -> [SpanOperation]
  {
    await SpanQueries.run { [core] in core.sources().operations(of: agent, during: range) }
  }
}

import Dispatch
public import FleetModel
public import Platform
import Synchronization
import SystemPackage

/// Spans on disk, made for them: an append-only log, the head in memory that it describes, and segments in columns.
///
/// 1. ``append(_:)`` packs spans at the end of the head, writes the same bytes to the head's log, and only then shows them to readers
///    and acknowledges. What arrives while a group is written makes up the next.
/// 2. A full head is sealed and a new one begun, with a log of its own, into which spans in flight are taken along. The sealed head
///    becomes a segment; then its log is removed.
/// 3. Neighbouring segments of one size are merged, which brings spans of a trace together. A segment whose latest span is
///    past the retention is dropped whole.
///
/// Queries read one moment of all this on threads of their own. `docs/decisions/0011-span-store.md` says why, and
/// ``SegmentFooter``, ``BlockLayout``, ``PackedSpans`` and ``LogFrame`` draw what is on disk.
public final class DiskSpanStore: SpanWriter, SpanReader {
  let configuration: SpanStoreConfiguration
  let files: any FileSystem
  let time: any TimeSource
  let note: @Sendable (String) -> Void
  let layout: SpanLayout
  let catalog: SegmentCatalog
  let core: SpanCore
  let upkeep: SegmentUpkeep
  let journal: HeadJournal
  private let intake: SpanIntakeQueue

  /// Opens the store, or makes a new one: reads footers and logs. Blocks for as long as that takes.
  ///
  /// - Parameter note: is told what an operator should know: damage, a full disk; called from any thread.
  /// - Throws: ``SpanStoreError/storage(_:)`` where the directory cannot be had.
  public convenience init(
    _ configuration: SpanStoreConfiguration, time: any TimeSource, note: @escaping @Sendable (String) -> Void
  ) throws {
    try self.init(configuration, files: SystemFileSystem(), time: time, note: note)
  }

  package init(
    _ configuration: SpanStoreConfiguration, files: any FileSystem, time: any TimeSource,
    note: @escaping @Sendable (String) -> Void
  ) throws(SpanStoreError) {
    self.configuration = configuration
    self.files = files
    self.time = time
    self.note = note
    let layout = SpanLayout(directory: configuration.directory)
    self.layout = layout
    let opened = try SpanStoreOpening(layout: layout, files: files, note: note).open()
    let catalog = SegmentCatalog(segments: opened.segments, sealed: opened.heads, unread: opened.unread)
    self.catalog = catalog
    let core = SpanCore(stored: { catalog.sources })
    self.core = core
    for head in opened.heads { core.noteVisible(from: 0, in: head.head) }
    let upkeep = SegmentUpkeep(configuration, layout: layout, files: files, catalog: catalog, time: time, note: note)
    self.upkeep = upkeep
    let journal = HeadJournal(
      configuration, layout: layout, files: files, core: core, catalog: catalog, upkeep: upkeep,
      nextSequence: opened.nextSequence, note: note)
    self.journal = journal
    intake = SpanIntakeQueue(label: "skep.spans.log") { batches throws(SpanStoreError) in try journal.commit(batches) }
    journal.begin()
  }

  // MARK: SpanWriter

  public func append(_ batch: SpanBatch) async throws(SpanStoreError) {
    if let flaw = SpanCore.flaw(of: batch) { throw flaw }
    if batch.isEmpty { return }
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

  // MARK: Life

  /// Why the store takes no spans at present; `nil` if it does.
  public var failure: String? { journal.failure }

  /// Syncs the log, writes and merges segments and drops old ones, until the task is cancelled; then everything is synced.
  public func run() async throws {
    upkeep.hurry(false)
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        // Beside the syncs: segments may take long.
        group.addTask { await self.keepUp() }
        while !Task.isCancelled {
          await journal.syncing.run { [journal] in journal.sync() }
          do { try await time.sleep(for: configuration.fsyncInterval ?? .seconds(1)) } catch { break }
        }
      }
    } onCancel: {
      upkeep.hurry(true)
    }
    await journal.syncing.run { [journal] in journal.sync() }
  }

  private func keepUp() async {
    while !Task.isCancelled {
      try? await intake.work.run { [journal] () throws(SpanStoreError) in try journal.rotateIfDue() }
      await upkeep.round()
      core.forgetOpen(before: upkeep.horizon)
      do { try await time.sleep(for: .seconds(10)) } catch { break }
    }
  }

  /// Makes a segment of the head and merges what belongs together. Returns when done.
  public func compact() async throws(SpanStoreError) {
    upkeep.hurry(false)
    try await intake.work.run { [journal] () throws(SpanStoreError) in try journal.rotate() }
    await upkeep.round()
    if let failure { throw .storage(failure) }
  }

  /// Takes no more spans, syncs the log and closes it. Blocks until what is being written is done. To be called last.
  public func close() throws {
    intake.work.queue.sync { journal.close() }
    upkeep.stop()
  }
}

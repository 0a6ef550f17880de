public import FleetModel
public import Platform
import Synchronization
public import SystemPackage

/// The sample store on disk: what it has taken survives the end of the process, and, once synced, a loss of power.
///
/// ```
/// append ──► head ──► journal ──► log            (LogGate)        every sample, at once
///             │ └───────────────► checkpoint     (Checkpoint)     the whole head, so that the log stays short
///             └─────────────────► block          (Flush)          what is full or idle leaves the head
///                                 blocks ► block (BlockMerge)     small ones become large ones
/// select ◄── head and blocks                     (StoreSelection) the older of two samples for one time counts
/// ```
/// Which blocks count, and what is being deleted, says the manifest (``BlockCatalog``). Steps that change files run on
/// queues of their own, so that syncing waits for no merge:
/// - the log's (``LogGate/work``): sync, change of segment;
/// - ``images``: images of the head, and deletions in it, one at a time;
/// - ``blocks``: whatever changes the manifest.
///
/// A step on one of them may wait for one above it, never the other way round.
public final class DurableStore: SampleAppender, SeriesSource {
  let configuration: StoreConfiguration
  let tuning: StoreTuning
  let files: any FileSystem
  let time: any TimeSource
  let onEvent: @Sendable (StoreEvent) -> Void
  let layout: StoreLayout

  let head: HeadStore
  let gate: LogGate
  let catalog: BlockCatalog
  let images = BlockingWork(label: "skep.store.images")
  let blocks = BlockingWork(label: "skep.store.blocks")
  /// Reading that takes long and changes nothing.
  let inspection = BlockingWork(label: "skep.store.inspection")
  let acknowledgements = Acknowledgements()
  let counters: StoreCounters
  let progress: Mutex<UpkeepProgress>
  /// Merges look at it after each series.
  let isStopping = Atomic(false)

  /// Opens the store, or makes a new one: reads manifest, checkpoint and log. Takes as long as that takes; blocks.
  ///
  /// - Parameter onEvent: is told of what an operator should know; called from any thread.
  /// - Throws: ``StoreError``.
  public convenience init(
    _ configuration: StoreConfiguration, files: any FileSystem = SystemFileSystem(), time: any TimeSource,
    onEvent: @escaping @Sendable (StoreEvent) -> Void = { _ in }
  ) throws(StoreError) {
    try self.init(configuration, files: files, time: time, tuning: StoreTuning(), onEvent: onEvent)
  }

  init(
    _ configuration: StoreConfiguration, files: any FileSystem, time: any TimeSource, tuning: StoreTuning,
    onEvent: @escaping @Sendable (StoreEvent) -> Void
  ) throws(StoreError) {
    let counters = StoreCounters()
    let onEvent: @Sendable (StoreEvent) -> Void = { event in
      counters.note(event)
      onEvent(event)
    }
    self.counters = counters
    let layout = StoreLayout(directory: configuration.directory)
    let began = time.monotonic()
    let opened = try StoreOpening(
      configuration: configuration, tuning: tuning, files: files, layout: layout, onEvent: onEvent
    ).open()
    self.configuration = configuration
    self.tuning = tuning
    self.files = files
    self.time = time
    self.onEvent = onEvent
    self.layout = layout
    head = opened.head
    gate = opened.gate
    catalog = opened.catalog
    let now = time.monotonic()
    progress = Mutex(
      UpkeepProgress(
        checkpointBytes: opened.checkpointBytes, hasReplayed: opened.hasReplayed, lastFlush: now, lastRetention: nil))
    let statistics = opened.head.statistics()
    onEvent(
      StoreEvent(
        .info, "the sample store is open",
        [
          "directory": configuration.directory.string, "seconds": "\((now - began).seconds)",
          "series": "\(statistics.series)", "samples": "\(statistics.samples)", "blocks": "\(catalog.members.count)",
        ]))
  }

  // MARK: SampleAppender

  public func reference(for labels: LabelSet) throws(AppendError) -> SeriesRef {
    // A new series waits for the log too.
    try gate.checkOpen()
    return try head.reference(for: labels)
  }

  /// Returns once the samples are in the log's file: they outlive the process. Costs one `write(2)`, which concurrent calls
  /// share.
  ///
  /// - Throws: ``AppendError/storage(_:)`` while the log cannot be written; the samples should be sent again later.
  public func append(_ samples: [Sample], at time: Timestamp) throws(AppendError) -> AppendOutcome {
    try gate.checkOpen()
    let outcome = try head.append(samples, at: time)
    try gate.write(head)
    return outcome
  }

  public func append(histograms: [HistogramSample], at time: Timestamp) throws(AppendError) -> AppendOutcome {
    try gate.checkOpen()
    let outcome = try head.append(histograms: histograms, at: time)
    try gate.write(head)
    return outcome
  }

  public func acknowledge() async throws(AppendError) {
    try gate.checkOpen()
    guard configuration.syncInterval == nil else { return }
    let position = gate.position
    do throws(FileError) {
      if gate.hasUnsyncedPast {
        // A sample that the last process took may be sent again to be sure.
        try await images.run { [self] () throws(FileError) in if gate.hasUnsyncedPast { try checkpointNow() } }
      }
      if gate.isSynced(position) { return }
      if await !acknowledgements.wait() {
        try await gate.work.run { [gate] () throws(FileError) in try gate.sync() }
      }
    } catch {
      throw .storage(error.description)
    }
    guard gate.isSynced(position) else { throw .storage(gate.failure ?? "the log could not be synced") }
  }

  public func labels(of series: SeriesRef) -> LabelSet? { head.labels(of: series) }

  // MARK: Operations

  /// Writes all of the head into blocks, and merges those that belong together. Returns when done.
  public func compact() async throws(StoreError) {
    try await onBlocks { store throws(StoreFailure) in _ = try store.flushNow(.everything) }
    var isMerging = true
    while isMerging {
      isMerging = try await onBlocks { store throws(StoreFailure) in try store.mergeNow(all: true) }
    }
    do throws(FileError) {
      try await images.run { [self] () throws(FileError) in try checkpointNow() }
    } catch {
      throw .file(error.description)
    }
  }

  private func onBlocks<Value: Sendable>(
    _ body: @escaping @Sendable (DurableStore) throws(StoreFailure) -> Value
  ) async throws(StoreError) -> Value {
    do throws(StoreFailure) {
      return try await blocks.run { [self] () throws(StoreFailure) in try body(self) }
    } catch {
      if case .stopped = error { throw .closed }
      throw .file(error.description)
    }
  }

  /// Removes the samples in `from ... through` of the series that match, for good: returns when no block holds them. Of
  /// samples that come meanwhile some may go too.
  ///
  /// - Throws: ``InvalidMatcher`` or an error of the disk; part of the samples may then be gone, and where blocks were
  ///   already being rewritten the rest follows as soon as the disk allows.
  public func delete(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> DeletionSummary {
    try await blocks.run { [self] () throws in
      try deleteNow(matchers, from: from.milliseconds, through: through.milliseconds)
    }
  }

  /// A copy that another store can be opened on: all that was taken before the call. Blocks are linked, not copied.
  ///
  /// - Parameter directory: must not exist; on the same file system.
  public func snapshot(to directory: FilePath) async throws(StoreError) -> SnapshotSummary {
    try await blocks.run { [self] () throws(StoreError) in try snapshotNow(directory) }
  }

  /// Why the store takes no samples at present; `nil` if it does. An atomic load as long as all is well.
  public var failure: String? { gate.failure }
}

public import FleetModel
public import Platform
import Synchronization
public import SystemPackage

/// The sample store on disk: what it has taken survives the end of the process, and, once synced, a loss of power.
public final class DurableStore: SampleAppender, SeriesSource {
  /// Opens the store, or makes a new one: reads manifest, checkpoint and log. Takes as long as that takes; blocks.
  ///
  /// - Parameter onEvent: is told of what an operator should know; called from any thread.
  /// - Throws: ``StoreError``.
  public init(
    _ configuration: StoreConfiguration, files: any FileSystem = SystemFileSystem(), time: any TimeSource,
    onEvent: @escaping @Sendable (StoreEvent) -> Void = { _ in }
  ) throws(StoreError) {
    fatalError("to be written")
  }

  // MARK: SampleAppender

  public func reference(for labels: LabelSet) throws(AppendError) -> SeriesRef { fatalError("to be written") }

  public func append(_ samples: [Sample], at time: Timestamp) throws(AppendError) -> AppendOutcome {
    fatalError("to be written")
  }

  public func acknowledge() async throws(AppendError) { fatalError("to be written") }

  public func labels(of series: SeriesRef) -> LabelSet? { fatalError("to be written") }

  // MARK: SeriesSource

  public func select(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [SelectedSeries] { fatalError("to be written") }

  public func labelNames(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] { fatalError("to be written") }

  public func labelValues(
    of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] { fatalError("to be written") }

  // MARK: Operations

  /// Syncs, checkpoints, flushes, merges, and drops what is past its retention, until the task is cancelled; then syncs
  /// what there is and closes.
  public func run() async { fatalError("to be written") }

  /// Writes all of the head into blocks, and merges those that belong together. Returns when done.
  public func compact() async throws(StoreError) { fatalError("to be written") }

  /// Removes the samples in `from ... through` of the series that match, for good: returns when no block holds them.
  public func delete(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> DeletionSummary { fatalError("to be written") }

  /// A copy that another store can be opened on: all that was taken before the call. Blocks are linked, not copied.
  ///
  /// - Parameter directory: must not exist; on the same file system.
  public func snapshot(to directory: FilePath) async throws(StoreError) -> SnapshotSummary { fatalError("to be written") }

  /// Verifies all blocks. Goes on beside appends and queries.
  public func check() async -> StoreCheck { fatalError("to be written") }

  /// - Parameter labels: how many label names and values to name.
  public func statistics(labels: Int = 10) async throws(StoreError) -> StoreStatistics { fatalError("to be written") }

  /// Why the store takes no samples at present; `nil` if it does. An atomic load.
  public var failure: String? { fatalError("to be written") }

  /// Verifies a store or snapshot that nobody has open: manifest, checkpoint, log, blocks. Changes nothing.
  public static func check(_ directory: FilePath, files: any FileSystem = SystemFileSystem()) throws(StoreError) -> StoreCheck {
    fatalError("to be written")
  }
}

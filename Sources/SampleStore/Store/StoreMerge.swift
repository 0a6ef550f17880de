import FleetModel
import Platform
import Synchronization
import SystemPackage

extension DurableStore {
  /// Blocks that could not be merged are left alone for so long: others may be.
  private static let mergePause: Duration = .seconds(3600)

  /// Merges what the plan names next.
  ///
  /// To be called on ``blocks``.
  ///
  /// - Parameter all: merges whatever belongs to one window, also where that is not worth the writing.
  /// - Returns: whether there was something to merge.
  func mergeNow(all: Bool) throws(StoreFailure) -> Bool {
    // A block that waits for a deletion is written anew for that: its samples must not mix with newer ones before.
    let manifest = catalog.manifest
    let waiting = Set(manifest.deletions.flatMap(\.blocks))
    let members = catalog.members
    let entries = members.map(\.entry)
    let monotonic = time.monotonic()
    let failed = progress.withLock { progress in
      progress.failedMerges = progress.failedMerges.filter { monotonic - $0.value < Self.mergePause }
      return progress.failedMerges
    }
    let plan = MergePlan(
      retention: configuration.retention.wholeMilliseconds,
      outOfOrderWindow: configuration.outOfOrderWindow.wholeMilliseconds, maximumBytes: configuration.maximumBytes,
      windows: tuning.mergeWindows)
    // A block that cannot be opened at present stands in the way all the same: it counts again after the next start.
    let chosen =
      all
      ? plan.nextOfAll(entries, among: manifest.blocks) { run in run.contains { waiting.contains($0.number) } }
      : plan.next(entries, among: manifest.blocks, now: time.now().milliseconds) { run in
        run.contains { waiting.contains($0.number) } || failed[Set(run.map(\.number))] != nil
      }
    guard let chosen else { return false }
    let numbers = Set(chosen.map(\.number))
    do throws(StoreFailure) {
      try rewrite(members.filter { numbers.contains($0.number) })
    } catch {
      if case .stopped = error { throw error }
      progress.withLock { $0.failedMerges[numbers] = monotonic }
      throw error
    }
    counters.merges.increment()
    return true
  }

  /// Puts one block in place of `sources`, which come by rising sequence, or none if it leaves nothing.
  ///
  /// - Parameter deletion: what is left out; the sources no longer wait for it.
  func rewrite(
    _ sources: [BlockCatalog.Member], _ deletion: BlockMerge.Deletion? = nil,
    fulfilling request: Manifest.Deletion? = nil
  ) throws(StoreFailure) {
    try clearGarbage()
    let (number, path) = catalog.place()
    let summary: BlockSummary?
    do throws(BlockWorkError) {
      summary = try BlockMerge.run(
        sources.map(\.block), deletions: deletion.map { [$0] } ?? [], files: files, into: path,
        isStopped: { self.isStopping.load(ordering: .relaxed) })
    } catch {
      switch error {
      case .file(let error): throw .file(error)
      case .stopped: throw .stopped
      case .block(let error):
        report(error)
        throw .damaged(error)
      }
    }
    let added = summary == nil ? [] : [try open(path, number)]
    let numbers = sources.map(\.number)
    do throws(FileError) {
      try catalog.commit(adding: added, removing: Set(numbers)) { manifest in
        guard !added.isEmpty else { return }
        manifest.passDeletions(of: numbers, to: number, fulfilling: request)
      }
    } catch {
      throw .file(error)
    }
  }

  /// Before anything is written: where manifests cannot be written, each try would leave one block more behind.
  func clearGarbage() throws(StoreFailure) {
    do throws(FileError) { try catalog.clearGarbage() } catch { throw .file(error) }
  }

  /// Opens a block that was just written.
  func open(_ path: FilePath, _ number: UInt64) throws(StoreFailure) -> BlockCatalog.Member {
    do throws(BlockError) {
      return BlockCatalog.Member(number: number, block: try Block(files: files, path: path))
    } catch {
      try? files.remove(path)
      throw .written(error)
    }
  }
}

/// Walks the series of several blocks in the order of labels, each once.
struct SeriesWalk {
  private struct Cursor {
    var reader: BlockSeriesReader
    /// Of the next series; `nil` at the end.
    var labels: LabelSet?
    var place = 0

    init(_ block: Block) throws(BlockError) {
      reader = block.reader()
      try read()
    }

    mutating func advance() throws(BlockError) {
      place += 1
      try read()
    }

    private mutating func read() throws(BlockError) {
      let isAtEnd = place >= reader.block.summary.series
      labels = isAtEnd ? nil : LabelSet(canonicalEncoding: try reader.labels(Block.Place(place)))
    }
  }

  private var cursors: [Cursor] = []

  init(_ members: [BlockCatalog.Member]) throws(BlockError) {
    for member in members { cursors.append(try Cursor(member.block)) }
  }

  /// The labels of the next series.
  mutating func next() throws(BlockError) -> LabelSet? {
    var lowest: LabelSet?
    for cursor in cursors {
      guard let labels = cursor.labels else { continue }
      if let best = lowest, !LabelSet.precedes(labels, best) { continue }
      lowest = labels
    }
    guard let lowest else { return nil }
    for index in cursors.indices where cursors[index].labels == lowest { try cursors[index].advance() }
    return lowest
  }
}

import Platform
import Synchronization
import SystemPackage

/// The blocks that count: the manifest and the open blocks that it names.
///
/// The list may be read from any thread; it changes only on one queue (that of the blocks), and only after the manifest that
/// says so is durable. A file is removed only once a durable manifest no longer names it: so whichever of two manifests
/// outlives a failed write, all of its blocks are there.
final class BlockCatalog: Sendable {
  /// A block and the number of its file. Whoever holds one can read it, even when it has been merged away.
  struct Member: Sendable {
    var number: UInt64
    var block: Block

    var entry: Manifest.Entry { Manifest.Entry(number: number, summary: block.summary) }
  }

  private struct State {
    var manifest: Manifest
    /// By rising sequence. A block of the manifest that could not be opened is missing here.
    var members: [Member]
    /// Found to be bad by a reader: no longer in `members`, to be set aside at the next occasion.
    var bad: [Member] = []
    /// No longer needed, but a manifest on disk may name them.
    var garbage: [FilePath] = []
  }

  private let files: any FileSystem
  let layout: StoreLayout
  private let state: Mutex<State>

  init(_ manifest: Manifest, members: [Member], _ layout: StoreLayout, _ files: any FileSystem) {
    self.files = files
    self.layout = layout
    state = Mutex(State(manifest: manifest, members: Self.sorted(members)))
  }

  /// By rising sequence: where two hold the same time of a series, the first one counts.
  var members: [Member] { state.withLock { $0.members } }
  var manifest: Manifest { state.withLock { $0.manifest } }

  /// The blocks with samples in the range.
  func members(from: Int64, through: Int64) -> [Member] {
    members.filter { $0.block.summary.minTime <= through && $0.block.summary.maxTime >= from }
  }

  /// Path and number for a new block; no number is given twice.
  func place() -> (number: UInt64, path: FilePath) {
    let number = state.withLock { state in
      defer { state.manifest.nextNumber += 1 }
      return state.manifest.nextNumber
    }
    return (number, layout.block(number))
  }

  /// Makes `added`, whose files are complete, count from now on and `removed` no longer; `edit` changes, before
  /// that, what else the manifest says. All at once, also on disk.
  func commit(
    adding added: [Member] = [], removing removed: Set<UInt64> = [], _ edit: (inout Manifest) -> Void = { _ in }
  ) throws(FileError) {
    var manifest = manifest
    edit(&manifest)
    manifest.remove(removed)
    for member in added { manifest.insert(member.entry) }
    manifest.deletions.removeAll(where: \.isDone)
    do throws(FileError) {
      if !added.isEmpty { try files.syncDirectory(layout.blocks) }
      try write(manifest)
    } catch {
      // The manifest that was being written may be the one that stays: the files go when another one has been written.
      state.withLock { $0.garbage += added.map { layout.block($0.number) } }
      throw error
    }
    let garbage = state.withLock { state in
      state.manifest = manifest
      state.members.removeAll { removed.contains($0.number) }
      state.members = Self.sorted(state.members + added)
      state.garbage += removed.map { layout.block($0) }
      defer { state.garbage = [] }
      return state.garbage
    }
    for path in garbage { try? files.remove(path) }
  }

  /// Where the disk is full, the reserve is given up for it.
  private func write(_ manifest: Manifest) throws(FileError) {
    do throws(FileError) {
      try manifest.write(layout, files)
    } catch {
      guard error.isFullDisk, (try? files.remove(layout.reserve)) != nil else { throw error }
      try manifest.write(layout, files)
    }
  }

  /// Removes the files that a manifest may still name since one could not be written; throws if it still cannot be.
  func clearGarbage() throws(FileError) {
    guard state.withLock({ !$0.garbage.isEmpty }) else { return }
    try commit()
  }

  private static func sorted(_ members: [Member]) -> [Member] {
    members.sorted { ($0.block.summary.sequence, $0.number) < ($1.block.summary.sequence, $1.number) }
  }

  // MARK: Blocks that are bad

  /// Takes the block that the error names out of the list at once; its file follows at the next ``setAsideBad()``.
  ///
  /// - Returns: `false` if it was known already.
  func report(_ error: BlockError) -> Bool {
    state.withLock { state in
      guard let index = state.members.firstIndex(where: { $0.block.path == error.path }) else { return false }
      state.bad.append(state.members.remove(at: index))
      return true
    }
  }

  /// Renames the files of bad blocks and takes them out of the manifest.
  ///
  /// - Returns: their new names.
  func setAsideBad() throws(FileError) -> [FilePath] {
    let bad = state.withLock { $0.bad }
    guard !bad.isEmpty else { return [] }
    var targets: [FilePath] = []
    for member in bad {
      let path = layout.block(member.number)
      do throws(FileError) {
        targets.append(try StoreLayout.setAside(path, files))
      } catch {
        // A try before this one may have renamed it.
        guard error.errno == .noSuchFileOrDirectory else { throw error }
      }
    }
    let numbers = Set(bad.map(\.number))
    try commit { $0.remove(numbers) }
    state.withLock { state in state.bad.removeAll { numbers.contains($0.number) } }
    return targets
  }
}

import Dispatch
import FleetModel
import Platform
import Synchronization
import SystemPackage

/// Brings a store back from its directory:
///
/// 1. the manifest says which blocks count; without one it is made anew from the blocks that are there;
/// 2. the blocks are opened, and meanwhile
/// 3. the newest checkpoint that is whole is loaded, and the segments of the log from its number on are replayed over it;
/// 4. a new segment is begun; what no longer counts is removed.
///
/// Damage costs what is damaged and is said in an event; only a directory that cannot be used and files of a later version
/// keep a store from opening.
struct StoreOpening {
  struct Opened {
    var head: HeadStore
    var gate: LogGate
    var catalog: BlockCatalog
    var checkpointBytes: UInt64
    var hasReplayed: Bool
  }

  let configuration: StoreConfiguration
  let tuning: StoreTuning
  let files: any FileSystem
  let layout: StoreLayout
  let onEvent: @Sendable (StoreEvent) -> Void

  func open() throws(StoreError) -> Opened {
    try using { () throws(FileError) in
      try files.createDirectory(layout.log)
      try files.createDirectory(layout.blocks)
      try files.syncDirectory(layout.directory.removingLastComponent())
      try files.syncDirectory(layout.directory)
    }
    var (manifest, isKnown) = try readManifest()
    let blocks = BlocksOpening(entries: manifest.blocks, layout: layout, files: files)
    if tuning.opensInParallel { blocks.begin() }
    let log = try readLog(hashSeed: manifest.hashSeed)
    let members = try settle(blocks.wait(), &manifest)
    if !isKnown || manifest.blocks.count != blocks.entries.count {
      let manifest = manifest
      try using { () throws(FileError) in
        try files.syncDirectory(layout.blocks)
        try manifest.write(layout, files)
      }
    }
    if isKnown { removeLeftovers(manifest, before: log.checkpoint) }
    let gate = beginLog(log)
    let head = try finish(log.head, &manifest, gate)
    return Opened(
      head: head, gate: gate, catalog: BlockCatalog(manifest, members: members, layout, files),
      checkpointBytes: log.checkpointBytes, hasReplayed: log.hasReplayed)
  }

  private func using<Value>(_ body: () throws(FileError) -> Value) throws(StoreError) -> Value {
    do throws(FileError) { return try body() } catch { throw .file(error.description) }
  }

  private func beginLog(_ log: ReadLog) -> LogGate {
    let onEvent = onEvent
    return LogGate(files: files, directory: layout.log, beginning: log.nextSegment, olderBytes: log.bytes) { reason in
      onEvent(
        StoreEvent(
          .error, "the store takes no samples until its log can be written again; it tries every second",
          ["reason": reason]))
    }
  }

  /// What has to be done to a head before it takes samples. Both are rare.
  private func finish(
    _ head: HeadStore, _ manifest: inout Manifest, _ gate: LogGate
  ) throws(StoreError) -> HeadStore {
    let hasDeletions = manifest.deletions.contains(where: \.includesHead)
    guard hasDeletions || head.needsRenumbering else { return head }
    for deletion in manifest.deletions where deletion.includesHead {
      _ = try? head.delete(deletion.matchers, from: deletion.from, through: deletion.through)
    }
    let finished = head.needsRenumbering ? renumbered(head, hashSeed: manifest.hashSeed) ?? head : head
    // The segment that was just begun is empty: an image in its name stands for everything before it. It must be there
    // before a sample is taken: a deletion must not be repeated once samples have come that it did not mean.
    guard let segment = gate.segment else { throw .file(gate.failure ?? "the log cannot be written") }
    _ = try using { () throws(FileError) in
      try CheckpointFile.write(finished, of: segment, layout, files)
    }
    for index in manifest.deletions.indices { manifest.deletions[index].includesHead = false }
    manifest.deletions.removeAll(where: \.isDone)
    let settled = manifest
    try using { () throws(FileError) in try settled.write(layout, files) }
    return finished
  }

  /// The same head with numbers from 0 on; `nil` if that fails.
  private func renumbered(_ head: HeadStore, hashSeed: UInt64) -> HeadStore? {
    let renumbered = Self.makeHead(configuration, hashSeed: hashSeed)
    var isGood = true
    do throws(FileError) {
      try head.writeImage(renumbering: true) { payload throws(FileError) in
        do throws(ImageError) { try renumbered.readImage(payload) } catch { isGood = false }
      }
    } catch {
      return nil
    }
    return isGood && renumbered.finishImage() ? renumbered : nil
  }

  static func makeHead(_ configuration: StoreConfiguration, hashSeed: UInt64) -> HeadStore {
    HeadStore(
      HeadConfiguration(
        retention: configuration.retention, maximumSeries: configuration.maximumSeries,
        seriesLifetime: configuration.seriesLifetime, outOfOrderWindow: configuration.outOfOrderWindow,
        hashSeed: hashSeed), isJournalled: true)
  }

  // MARK: Manifest

  private func readManifest() throws(StoreError) -> (manifest: Manifest, isKnown: Bool) {
    let names = try using { () throws(FileError) in try files.names(in: layout.directory) }
    guard names.contains("manifest") else {
      return (try rebuildManifest(isNew: !names.contains { StoreLayout.checkpointNumber($0) != nil }), false)
    }
    let bytes = try using { () throws(FileError) in try files.read(layout.manifest) }
    do throws(ManifestError) {
      return (try Manifest(bytes), true)
    } catch {
      if let version = bytes.withUnsafeBytes({ FrameFile.laterVersion(inHeader: $0, Manifest.kind) }) {
        throw .format(path: layout.manifest, reason: "it is of version \(version); use a later Skep")
      }
      let target = try using { () throws(FileError) in try StoreLayout.setAside(layout.manifest, files) }
      onEvent(
        StoreEvent(
          .error, "the manifest is damaged and is set aside; all blocks that are there count",
          ["file": target.string, "reason": error.reason]))
      return (try rebuildManifest(isNew: false), false)
    }
  }

  /// All blocks that are there; for a new store there are none.
  private func rebuildManifest(isNew: Bool) throws(StoreError) -> Manifest {
    var random = SystemRandomNumberGenerator()
    var manifest = Manifest(hashSeed: configuration.hashSeed ?? random.next())
    let names = try using { () throws(FileError) in try files.names(in: layout.blocks) }
    for name in names {
      guard let number = StoreLayout.blockNumber(name) else { continue }
      do throws(BlockError) {
        let block = try Block(files: files, path: layout.block(number))
        manifest.insert(Manifest.Entry(number: number, summary: block.summary))
      } catch {
        manifest.nextNumber = max(manifest.nextNumber, number + 1)
        switch error.kind {
        case .otherVersion: throw .format(path: layout.block(number), reason: error.reason)
        case .unreadable: throw .file(error.description)
        case .broken:
          // It may be one that was being written.
          let target = try using { () throws(FileError) in try StoreLayout.setAside(layout.block(number), files) }
          onEvent(
            StoreEvent(
              .warning, "a block cannot be read and is set aside", ["file": target.string, "reason": error.reason]))
        }
      }
    }
    if !isNew || !manifest.blocks.isEmpty {
      onEvent(
        StoreEvent(
          .warning, "the manifest was missing and was made anew from the blocks that are there",
          ["blocks": "\(manifest.blocks.count)"]))
    }
    return manifest
  }

  // MARK: Blocks

  /// Sets aside what is damaged; the rest is what can be asked.
  private func settle(
    _ results: [(entry: Manifest.Entry, result: BlocksOpening.Result)], _ manifest: inout Manifest
  ) throws(StoreError) -> [BlockCatalog.Member] {
    var members: [BlockCatalog.Member] = []
    for (entry, result) in results {
      let path = layout.block(entry.number)
      switch result {
      case .open(let block): members.append(BlockCatalog.Member(number: entry.number, block: block))
      case .missing:
        manifest.remove([entry.number])
        onEvent(StoreEvent(.error, "a block is missing; its samples are lost", ["file": path.string]))
      case .unavailable(let error):
        // Perhaps next time.
        onEvent(
          StoreEvent(.error, "a block cannot be opened; its samples are missing from answers", ["reason": "\(error)"]))
      case .otherVersion(let error): throw .format(path: path, reason: error.reason)
      case .damaged(let error):
        manifest.remove([entry.number])
        let target = try using { () throws(FileError) in try StoreLayout.setAside(path, files) }
        onEvent(
          StoreEvent(
            .error, "a block is damaged and is set aside; its samples are missing from answers",
            ["file": target.string, "reason": error.reason]))
      }
    }
    return members
  }

  /// What a process left that ended while it was at work.
  private func removeLeftovers(_ manifest: Manifest, before checkpoint: UInt64) {
    let counted = Set(manifest.blocks.map(\.number))
    for name in (try? files.names(in: layout.blocks)) ?? [] {
      guard let number = StoreLayout.blockNumber(name), !counted.contains(number) else { continue }
      try? files.remove(layout.blocks.appending(name))
    }
    for name in (try? files.names(in: layout.directory)) ?? [] {
      let isOlder = StoreLayout.checkpointNumber(name).map { $0 < checkpoint } ?? false
      if isOlder || StoreLayout.isUnfinished(name) { try? files.remove(layout.directory.appending(name)) }
    }
    for number in (try? WriteAheadLog.segments(in: layout.log, files)) ?? [] where number < checkpoint {
      try? files.remove(WriteAheadLog.path(of: number, in: layout.log))
    }
  }
}

/// Opens the blocks of a manifest, on another thread if it is told to begin early.
final class BlocksOpening: Sendable {
  enum Result: Sendable {
    case open(Block)
    case missing
    /// The file system does not give it.
    case unavailable(BlockError)
    case otherVersion(BlockError)
    case damaged(BlockError)
  }

  let entries: [Manifest.Entry]
  private let layout: StoreLayout
  private let files: any FileSystem
  private let results = Mutex<[Result]?>(nil)
  private let group = DispatchGroup()

  init(entries: [Manifest.Entry], layout: StoreLayout, files: any FileSystem) {
    self.entries = entries
    self.layout = layout
    self.files = files
  }

  func begin() {
    DispatchQueue(label: "skep.store.opening").async(group: group) { [self] in
      let opened = openAll()
      results.withLock { $0 = opened }
    }
  }

  func wait() -> [(entry: Manifest.Entry, result: Result)] {
    group.wait()
    return Array(zip(entries, results.withLock { $0 } ?? openAll()))
  }

  private func openAll() -> [Result] { entries.map(open) }

  private func open(_ entry: Manifest.Entry) -> Result {
    let path = layout.block(entry.number)
    do throws(BlockError) {
      let block = try Block(files: files, path: path)
      guard block.summary.sequence == entry.summary.sequence else {
        throw BlockError(path: path, reason: "its sequence is not the one that the manifest says")
      }
      return .open(block)
    } catch {
      switch error.kind {
      case .broken: return .damaged(error)
      case .otherVersion: return .otherVersion(error)
      case .unreadable:
        do throws(FileError) { _ = try files.size(of: path) } catch let problem {
          if problem.errno == .noSuchFileOrDirectory { return .missing }
        }
        return .unavailable(error)
      }
    }
  }
}

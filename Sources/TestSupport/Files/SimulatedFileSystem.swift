public import Platform
import Synchronization
public import SystemPackage

/// Files in memory on a disk that keeps no promise but those of POSIX, driven by a seed.
///
/// What was not synced may be lost at a loss of power, sector by sector and in any order; so may names that no sync of their
/// directory made durable, each by itself, but a rename is one change. Operations fail as told by ``faults``, ``fail(_:…)``
/// and ``capacity``. A program can be stopped in the midst of any operation that changes something:
///
/// ```swift
/// files.interrupt(.powerLoss, after: 17)   // the 17th such operation is the last, and done in part
/// …                                        // everything throws from then on
/// files.restart()                          // what is there now is what the next life finds
/// ```
/// The same seed and the same calls in the same order give the same faults and the same losses. Safe for several threads.
public final class SimulatedFileSystem: FileSystem {
  public enum Operation: String, Sendable, CaseIterable {
    case createDirectory = "create directory"
    case list, create, read, map, rename, link, remove, write, sync, truncate, close
    case size = "find"
    case syncDirectory = "sync directory"

    /// Only these are counted, and only in them may the end come: before the others is as good.
    public var changesSomething: Bool {
      switch self {
      case .list, .read, .map, .size, .close: false
      default: true
      }
    }
  }

  public enum Interruption: Sendable, CaseIterable {
    /// What was not synced may be lost.
    case powerLoss
    /// All that was written stays.
    case processDeath
  }

  /// How likely an operation fails with EIO, 0 to 1, and what else happens by chance.
  public struct Faults: Sendable {
    /// Any part of the bytes may have been written.
    public var write = 0.0
    /// Any part of the file may be on disk, and some of the rest given up.
    public var sync = 0.0
    /// Reading and mapping.
    public var read = 0.0
    /// Creating, renaming, linking, removing, and syncing of directories.
    public var names = 0.0
    /// How likely a failed sync gives up a sector that it did not write: a later sync succeeds without it.
    public var droppedBySync = 0.5
    /// How likely a write is followed by some of the file reaching the disk unasked.
    public var writeBack = 0.05

    public init() {}

    func probability(of operation: Operation) -> Double {
      switch operation {
      case .write, .truncate: write
      case .sync: sync
      case .read, .map: read
      case .createDirectory, .create, .rename, .link, .remove, .syncDirectory: names
      case .list, .size, .close: 0
      }
    }
  }

  private let disk: Mutex<SimulatedDisk>

  /// - Parameter directory: is there, durably.
  public init(seed: UInt64, directory: FilePath = "/data") {
    var disk = SimulatedDisk(SeededRandom(seed: seed))
    try? disk.createDirectory(directory)
    disk.syncAll()
    self.disk = Mutex(disk)
  }

  // MARK: What is to go wrong

  public var faults: Faults {
    get { disk.withLock { $0.faults } }
    set { disk.withLock { $0.faults = newValue } }
  }

  /// Bytes that all files together may take; `nil`: no bound. What is beyond is not written and ENOSPC.
  public var capacity: UInt64? {
    get { disk.withLock { $0.capacity } }
    set { disk.withLock { $0.capacity = newValue } }
  }

  /// Lets operations of one kind on paths with this end fail, after `skipping` have succeeded, `times` times.
  public func fail(
    _ operation: Operation, suffix: String = "", skipping: Int = 0, times: Int = 1, with errno: Errno = .ioError
  ) {
    let plan = SimulatedDisk.Plan(
      operation: operation, suffix: suffix, skipping: skipping, times: times, errno: errno)
    disk.withLock { $0.plans.append(plan) }
  }

  /// Forgets all that is to go wrong, except the capacity.
  public func healFaults() {
    disk.withLock {
      $0.faults = Faults()
      $0.plans = []
    }
  }

  /// Operations that change something, so far.
  public var operationCount: Int { disk.withLock { $0.operationCount } }

  /// The end comes in the midst of the `operations`-th operation from here that changes something: done in part, or not at
  /// all. Every operation throws from then on, until ``restart()``.
  public func interrupt(_ kind: Interruption, after operations: Int) {
    disk.withLock { $0.interruption = (kind, $0.operationCount + max(1, operations)) }
  }

  /// Whether the interruption has come.
  public var isInterrupted: Bool { disk.withLock { $0.isInterrupted } }

  /// A new life after the interruption that was asked for; if it has not come, it comes now. Handles of before are dead.
  public func restart() { disk.withLock { $0.end($0.interruption?.kind ?? .powerLoss) } }

  /// The power is lost now, and comes back.
  public func crash() { disk.withLock { $0.end(.powerLoss) } }

  /// The process ends now: nothing is lost but its handles.
  public func kill() { disk.withLock { $0.end(.processDeath) } }

  // MARK: The disk, past all faults

  public var usedBytes: UInt64 { disk.withLock { $0.usedBytes } }

  /// What a program would read; `nil` if there is no such file.
  public func content(of path: FilePath) -> [UInt8]? { disk.withLock { try? $0.file(path).content } }

  /// Puts a file there, durably, in place of what there is.
  public func put(_ path: FilePath, _ content: [UInt8]) throws(Errno) {
    try disk.withLock { disk throws(Errno) in try disk.put(path, content) }
  }

  /// Turns one bit of a file around, as an ageing disk does; not in what is mapped already.
  public func flipBit(_ bit: Int, ofByte index: Int, in path: FilePath) throws(Errno) {
    try disk.withLock { disk throws(Errno) in
      guard index < (try disk.file(path).content.count) else { throw .invalidArgument }
      disk.change(try disk.directories.findFile(path)) { $0.flipBit(bit & 7, ofByte: index) }
    }
  }

  /// Turns random bits of a file around.
  ///
  /// - Returns: the bytes that were hit.
  @discardableResult
  public func flipBits(_ count: Int, in path: FilePath) throws(Errno) -> [Int] {
    let size = content(of: path)?.count ?? 0
    guard size > 0 else { throw .invalidArgument }
    var hit: [Int] = []
    for _ in 0..<count {
      let (bit, index) = disk.withLock { ($0.random.below(8), $0.random.below(size)) }
      try flipBit(bit, ofByte: index, in: path)
      hit.append(index)
    }
    return hit
  }

  // MARK: FileSystem

  public func createDirectory(_ path: FilePath) throws(FileError) {
    // That it is there is found out without changing anything.
    if disk.withLock({ disk in (try? disk.directories.find(path)).map(disk.directories.isDirectory) == true }) {
      return try perform(.size, path) { _ throws(Errno) in }
    }
    try perform(.createDirectory, path) { disk throws(Errno) in try disk.createDirectory(path) }
  }

  public func names(in directory: FilePath) throws(FileError) -> [String] {
    try perform(.list, directory) { disk throws(Errno) in try disk.directories.names(in: directory) }
  }

  public func create(_ path: FilePath) throws(FileError) -> any OutputFile {
    let (node, life) = try perform(.create, path) { disk throws(Errno) in (try disk.create(path), disk.life) }
    return SimulatedOutputFile(path: path, self, node: node, life: life)
  }

  public func read(_ path: FilePath) throws(FileError) -> [UInt8] {
    try perform(.read, path) { disk throws(Errno) in try disk.file(path).content }
  }

  public func map(_ path: FilePath) throws(FileError) -> MappedFile {
    let content = try perform(.map, path) { disk throws(Errno) in try disk.file(path).content }
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 4096)
    copy.copyBytes(from: content)
    return MappedFile(path: path, bytes: UnsafeRawBufferPointer(copy)) { $0.deallocate() }
  }

  public func size(of path: FilePath) throws(FileError) -> UInt64 {
    UInt64(try perform(.size, path) { disk throws(Errno) in try disk.file(path).content.count })
  }

  public func rename(_ old: FilePath, to new: FilePath) throws(FileError) {
    try perform(.rename, old) { disk throws(Errno) in
      try disk.directories.move(old, to: new)
      disk.collect()
    }
  }

  public func link(_ old: FilePath, to new: FilePath) throws(FileError) {
    try perform(.link, old) { disk throws(Errno) in
      try disk.directories.add(new, try disk.directories.findFile(old))
    }
  }

  public func remove(_ path: FilePath) throws(FileError) {
    try perform(.remove, path) { disk throws(Errno) in
      try disk.directories.remove(path)
      disk.collect()
    }
  }

  public func syncDirectory(_ path: FilePath) throws(FileError) {
    try perform(.syncDirectory, path) { disk throws(Errno) in
      try disk.directories.sync(path)
      disk.collect()
    }
  }

  /// Does it, or not, or, where the end comes, perhaps.
  private func perform<Value>(
    _ operation: Operation, _ path: FilePath, _ body: (inout SimulatedDisk) throws(Errno) -> sending Value
  ) throws(FileError) -> Value {
    try locked { disk throws(FileError) in
      switch try disk.verdict(on: operation, path) {
      case .fails(let error): throw error
      case .isInterrupted(let error):
        if disk.random.happens(0.5) { _ = try? body(&disk) }
        throw error
      case .proceeds:
        do throws(Errno) {
          return try body(&disk)
        } catch {
          throw FileError(path: path, operation: operation.rawValue, errno: error)
        }
      }
    }
  }

  func locked<Value, Failure: Error>(
    _ body: (inout SimulatedDisk) throws(Failure) -> sending Value
  ) throws(Failure) -> Value {
    try disk.withLock { disk throws(Failure) in try body(&disk) }
  }
}

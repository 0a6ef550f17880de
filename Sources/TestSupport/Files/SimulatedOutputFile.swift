import Platform
import Synchronization
import SystemPackage

/// A file of a simulated disk being written.
final class SimulatedOutputFile: OutputFile {
  let path: FilePath
  private let files: SimulatedFileSystem
  private let node: SimulatedDisk.Node
  private let life: Int
  private let isClosed = Atomic(false)

  init(path: FilePath, _ files: SimulatedFileSystem, node: SimulatedDisk.Node, life: Int) {
    self.path = path
    self.files = files
    self.node = node
    self.life = life
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {
    try files.locked { disk throws(FileError) in
      switch try verdict(on: .write, disk: &disk) {
      case .fails(let error), .isInterrupted(let error):
        // Any part of it may be there.
        let part = disk.random.below(bytes.count + 1)
        _ = disk.write(UnsafeRawBufferPointer(rebasing: bytes[..<part]), at: offset, to: node)
        throw error
      case .proceeds:
        if disk.write(bytes, at: offset, to: node) < bytes.count {
          throw FileError(path: path, operation: "write", errno: .noSpace)
        }
      }
    }
  }

  func sync() throws(FileError) {
    try files.locked { disk throws(FileError) in
      switch try verdict(on: .sync, disk: &disk) {
      case .isInterrupted(let error):
        disk.change(node) { [random = disk.random] in $0.writeBack(random) }
        throw error
      case .fails(let error):
        disk.change(node) { [random = disk.random, faults = disk.faults] in
          $0.failSync(dropping: faults.droppedBySync, random)
        }
        throw error
      case .proceeds:
        disk.change(node) { $0.sync() }
      }
    }
  }

  func truncate(to size: UInt64) throws(FileError) {
    try files.locked { disk throws(FileError) in
      switch try verdict(on: .truncate, disk: &disk) {
      case .isInterrupted(let error):
        if disk.random.happens(0.5) { disk.change(node) { $0.truncate(to: Int(clamping: size)) } }
        throw error
      case .fails(let error):
        throw error
      case .proceeds:
        disk.change(node) { $0.truncate(to: Int(clamping: size)) }
      }
    }
  }

  func close() throws(FileError) {
    try files.locked { disk throws(FileError) in
      _ = try verdict(on: .close, disk: &disk)
      isClosed.store(true, ordering: .relaxed)
      disk.change(node) { $0.handles -= 1 }
      disk.collect()
    }
  }

  /// - Throws: if this handle or the program is dead.
  private func verdict(
    on operation: SimulatedFileSystem.Operation, disk: inout SimulatedDisk
  ) throws(FileError) -> SimulatedDisk.Verdict {
    guard disk.life == life, !isClosed.load(ordering: .relaxed) else {
      throw FileError(path: path, operation: operation.rawValue, errno: .badFileDescriptor)
    }
    return try disk.verdict(on: operation, path)
  }
}

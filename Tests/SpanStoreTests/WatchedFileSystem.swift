import Platform
import SystemPackage
import TestSupport

/// A simulated file system that tells of each operation on a file before it is done, on the thread that does it: a test may
/// wait there.
final class WatchedFileSystem: FileSystem {
  typealias Operation = SimulatedFileSystem.Operation

  private let files: SimulatedFileSystem
  private let before: @Sendable (Operation, FilePath) -> Void

  init(_ files: SimulatedFileSystem, before: @escaping @Sendable (Operation, FilePath) -> Void) {
    self.files = files
    self.before = before
  }

  func createDirectory(_ path: FilePath) throws(FileError) { try files.createDirectory(path) }
  func names(in directory: FilePath) throws(FileError) -> [String] { try files.names(in: directory) }
  func read(_ path: FilePath) throws(FileError) -> [UInt8] { try files.read(path) }
  func size(of path: FilePath) throws(FileError) -> UInt64 { try files.size(of: path) }
  func link(_ old: FilePath, to new: FilePath) throws(FileError) { try files.link(old, to: new) }
  func syncDirectory(_ path: FilePath) throws(FileError) { try files.syncDirectory(path) }

  func create(_ path: FilePath) throws(FileError) -> any OutputFile {
    before(.create, path)
    return WatchedOutputFile(file: try files.create(path), before: before)
  }

  func map(_ path: FilePath) throws(FileError) -> MappedFile {
    before(.map, path)
    return try files.map(path)
  }

  func rename(_ old: FilePath, to new: FilePath) throws(FileError) {
    before(.rename, old)
    try files.rename(old, to: new)
  }

  func remove(_ path: FilePath) throws(FileError) {
    before(.remove, path)
    try files.remove(path)
  }
}

private struct WatchedOutputFile: OutputFile {
  let file: any OutputFile
  let before: @Sendable (WatchedFileSystem.Operation, FilePath) -> Void

  var path: FilePath { file.path }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {
    before(.write, path)
    try file.write(bytes, at: offset)
  }

  func sync() throws(FileError) {
    before(.sync, path)
    try file.sync()
  }

  func truncate(to size: UInt64) throws(FileError) {
    before(.truncate, path)
    try file.truncate(to: size)
  }

  func close() throws(FileError) {
    before(.close, path)
    try file.close()
  }
}

public import SystemPackage

/// The files of this machine.
public struct SystemFileSystem: FileSystem {
  public init() {}

  public func createDirectory(_ path: FilePath) throws(FileError) { fatalError("to be written") }
  public func names(in directory: FilePath) throws(FileError) -> [String] { fatalError("to be written") }
  public func create(_ path: FilePath) throws(FileError) -> any OutputFile { fatalError("to be written") }
  public func read(_ path: FilePath) throws(FileError) -> [UInt8] { fatalError("to be written") }
  public func map(_ path: FilePath) throws(FileError) -> MappedFile { fatalError("to be written") }
  public func size(of path: FilePath) throws(FileError) -> UInt64 { fatalError("to be written") }
  public func rename(_ old: FilePath, to new: FilePath) throws(FileError) { fatalError("to be written") }
  public func link(_ old: FilePath, to new: FilePath) throws(FileError) { fatalError("to be written") }
  public func remove(_ path: FilePath) throws(FileError) { fatalError("to be written") }
  public func syncDirectory(_ path: FilePath) throws(FileError) { fatalError("to be written") }
}

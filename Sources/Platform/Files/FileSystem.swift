public import SystemPackage

/// The files of a data directory as the sample store needs them: few operations, each with the guarantees of POSIX and no
/// more, so that a simulated one can break every promise that a real disk may break.
///
/// What was written is durable only after ``OutputFile/sync()``; that a name exists, or no longer exists, only after
/// ``syncDirectory(_:)`` of its directory. All calls block.
public protocol FileSystem: Sendable {
  /// Creates the directory with what is missing above it; nothing happens if it is there.
  func createDirectory(_ path: FilePath) throws(FileError)

  /// The names in the directory, sorted by bytes, without `.` and `..`.
  func names(in directory: FilePath) throws(FileError) -> [String]

  /// A new, empty file; `EEXIST` if there is something of that name.
  func create(_ path: FilePath) throws(FileError) -> any OutputFile

  /// The whole content, for files that are small or read once.
  func read(_ path: FilePath) throws(FileError) -> [UInt8]

  /// The whole file as memory. Its bytes stay valid for as long as the value lives, even if the file is removed.
  func map(_ path: FilePath) throws(FileError) -> MappedFile

  func size(of path: FilePath) throws(FileError) -> UInt64

  /// Gives a file another name, atomically, in place of what had that name.
  func rename(_ old: FilePath, to new: FilePath) throws(FileError)

  /// A second name for the same file.
  func link(_ old: FilePath, to new: FilePath) throws(FileError)

  func remove(_ path: FilePath) throws(FileError)

  func syncDirectory(_ path: FilePath) throws(FileError)
}

/// A file being written. One writer at a time, except that ``sync()`` may run beside ``write(_:at:)``.
public protocol OutputFile: Sendable {
  var path: FilePath { get }

  /// Writes all bytes at `offset`; the file grows if needed. After a failure any part of them may be there.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError)

  /// Returns once all that was written before the call outlives a power loss. After a failure nobody knows what does,
  /// and a later success says nothing of it (fsync(2) may drop dirty pages): write such data anew, elsewhere.
  func sync() throws(FileError)

  func truncate(to size: UInt64) throws(FileError)

  /// To be called once, and last. Does not sync.
  func close() throws(FileError)
}

/// A file's content as memory, read only.
// Unchecked for the pointer: nobody writes behind it, and it is released once, by the last owner.
public final class MappedFile: @unchecked Sendable {
  public let path: FilePath
  public let bytes: UnsafeRawBufferPointer
  private let release: @Sendable (UnsafeRawBufferPointer) -> Void
  private let forget: @Sendable (UnsafeRawBufferPointer) -> Void

  /// - Parameters:
  ///   - release: is called once, when nothing uses `bytes` any more.
  ///   - forget: gives back the memory, from which the bytes come again when they are read.
  public init(
    path: FilePath, bytes: UnsafeRawBufferPointer,
    forget: @escaping @Sendable (UnsafeRawBufferPointer) -> Void = { _ in },
    release: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
  ) {
    self.path = path
    self.bytes = bytes
    self.forget = forget
    self.release = release
  }

  /// Takes what was read of the file out of this process's memory; the kernel may have it still. The bytes stay valid.
  public func releasePages() { forget(bytes) }

  deinit { release(bytes) }
}

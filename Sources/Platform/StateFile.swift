import Glibc
public import SystemPackage

/// A small file that is always either its old or its new content, whatever happens: written beside, synced, renamed over,
/// and the directory synced.
public struct StateFile: Sendable {
  public let path: FilePath

  public init(_ path: FilePath) { self.path = path }

  /// The whole content; `nil` if there is no such file. Blocks.
  public func read() throws -> [UInt8]? {
    let descriptor: FileDescriptor
    do { descriptor = try FileDescriptor.open(path, .readOnly) } catch Errno.noSuchFileOrDirectory { return nil }
    return try descriptor.closeAfter {
      var bytes: [UInt8] = []
      while true {
        let chunk = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
          count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        if chunk.isEmpty { return bytes }
        bytes += chunk
      }
    }
  }

  /// Replaces the content. Blocks.
  public func write(_ bytes: [UInt8]) throws {
    let temporary = FilePath(path.string + ".new")
    let descriptor = try FileDescriptor.open(
      temporary, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
    try descriptor.closeAfter {
      try descriptor.writeAll(bytes)
      guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }
    guard rename(temporary.string, path.string) == 0 else { throw Errno(rawValue: errno) }
    let parent = path.removingLastComponent()
    let directory = try FileDescriptor.open(parent.isEmpty ? "." : parent, .readOnly)
    try directory.closeAfter {
      guard fsync(directory.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }
  }
}

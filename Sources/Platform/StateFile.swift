import Glibc
public import SystemPackage

/// A small file that is always either its old or its new content, whatever happens: written beside, synced, renamed over,
/// and the directory synced.
///
/// Its directory must be there. The calls block, ``write(_:)`` for as long as the disk takes to sync; from a task use
/// ``readOffPool()`` and ``writeOffPool(_:)``. One writer at a time: two at once would write the same file beside.
public struct StateFile: Sendable {
  public let path: FilePath

  public init(_ path: FilePath) { self.path = path }

  /// The content; `nil` if there is no such file.
  public func read() throws(FileError) -> [UInt8]? {
    do throws(Errno) {
      let descriptor = try Descriptor.open(path, O_RDONLY)
      defer { close(descriptor) }
      return try Descriptor.readToEnd(descriptor)
    } catch .noSuchFileOrDirectory {
      return nil
    } catch {
      throw FileError(path: path, operation: "read", errno: error)
    }
  }

  /// Replaces the content. When this returns, the new content outlives a power loss; when it throws, the old one stands,
  /// unless the directory alone could not be synced. Only its owner may read the file.
  public func write(_ bytes: [UInt8]) throws(FileError) {
    let beside = sibling(".new")
    do throws(Errno) {
      let descriptor = try Descriptor.open(beside, O_WRONLY | O_CREAT | O_TRUNC)
      do throws(Errno) {
        try Descriptor.write(descriptor, bytes)
        try Descriptor.sync(descriptor)
      } catch {
        close(descriptor)
        throw error
      }
      // Some file systems report a failed write only here.
      guard close(descriptor) == 0 else { throw Errno(rawValue: errno) }
      try rename(beside, to: path)
      try Descriptor.syncDirectory(path.removingLastComponent())
    } catch {
      _ = beside.withPlatformString { unlink($0) }
      throw FileError(path: path, operation: "write", errno: error)
    }
  }

  /// Renames a file that cannot be understood to the first free of `NAME.corrupt-1`, `NAME.corrupt-2`, …, so that a new
  /// one can be begun and nothing is lost.
  ///
  /// - Parameter suffixes: of files beside it that belong to it, such as `-wal`; those that are there keep their suffixes after the
  ///   new name, and go first, so that none is ever beside a file that it does not belong to.
  /// - Returns: its new path.
  public func setAside(with suffixes: [String] = []) throws(FileError) -> FilePath {
    do throws(Errno) {
      for number in 1...9_999 {
        let target = sibling(".corrupt-\(number)")
        let targets = suffixes.map { sibling(".corrupt-\(number)" + $0) }
        if (targets + [target]).contains(where: Self.exists) { continue }
        for (suffix, target) in zip(suffixes, targets) where Self.exists(sibling(suffix)) {
          try rename(sibling(suffix), to: target)
        }
        try rename(path, to: target)
        try Descriptor.syncDirectory(path.removingLastComponent())
        return target
      }
      throw .fileExists
    } catch {
      let mend = error == .fileExists ? "remove old \(path).corrupt-* files" : nil
      throw FileError(path: path, operation: "set aside", errno: error, mend: mend)
    }
  }

  private static func exists(_ path: FilePath) -> Bool {
    var status = stat()
    return path.withPlatformString { lstat($0, &status) } == 0
  }

  /// ``read()`` on a thread of its own.
  public func readOffPool() async throws(FileError) -> [UInt8]? {
    try await BlockingWork.files.run { () throws(FileError) in try read() }
  }

  /// ``write(_:)`` on a thread of its own; calls take effect in their order.
  public func writeOffPool(_ bytes: [UInt8]) async throws(FileError) {
    try await BlockingWork.files.run { () throws(FileError) in try write(bytes) }
  }

  private func sibling(_ suffix: String) -> FilePath {
    path.removingLastComponent().appending((path.lastComponent?.string ?? "state") + suffix)
  }

  private func rename(_ old: FilePath, to new: FilePath) throws(Errno) {
    let result = old.withPlatformString { old in new.withPlatformString { Glibc.rename(old, $0) } }
    if result != 0 { throw Errno(rawValue: errno) }
  }
}

import Glibc
public import SystemPackage

/// Directories of Skep's own.
public enum DirectoryCreation {
  /// Creates `directory`, with what is missing above it, for its owner alone (mode 0700). One that is there stays as it is.
  ///
  /// - Throws: ``FileError`` naming the part that could not be had; its `errno` is `notDirectory` for a file.
  public static func create(_ directory: FilePath) throws(FileError) {
    var status = stat()
    if directory.withPlatformString({ stat($0, &status) }) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { return }
      throw FileError(path: directory, operation: "create directory", errno: .notDirectory)
    }
    let reason = errno
    let parent = directory.removingLastComponent()
    if reason == ENOENT, !parent.isEmpty, parent != directory { try create(parent) }
    guard directory.withPlatformString({ mkdir($0, 0o700) }) != 0, errno != EEXIST else { return }
    throw FileError(path: directory, operation: "create directory", errno: Errno(rawValue: errno))
  }
}

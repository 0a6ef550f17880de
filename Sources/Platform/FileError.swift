public import SystemPackage

/// A file or directory could not be used: which, for what, why, and how to mend it.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  public var path: FilePath
  /// What was attempted, as the end of "cannot …": `read`, `write`, `create`.
  public var operation: String
  public var errno: Errno
  public var mend: String

  public init(path: FilePath, operation: String, errno: Errno, mend: String? = nil) {
    self.path = path
    self.operation = operation
    self.errno = errno
    self.mend = mend ?? Self.usualMend(errno)
  }

  public var description: String { "cannot \(operation) \(path): \(Self.text(errno)); \(mend)" }

  private static func text(_ errno: Errno) -> String {
    let text = errno.description
    return text.prefix(1).lowercased() + text.dropFirst()
  }

  private static func usualMend(_ errno: Errno) -> String {
    switch errno {
    case .permissionDenied, .notPermitted: "give this user the right to it or choose another place"
    case .noSpace, .diskQuotaExceeded: "free space on its file system"
    case .readOnlyFileSystem: "choose a place on a writable file system"
    case .noSuchFileOrDirectory: "create its directory first"
    case .fileExists: "something of that name is there already; move it away"
    case .notDirectory: "a part of the path is a file; choose another place"
    case .isDirectory: "a directory stands in its place; move it away"
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem: "raise the limit of open files (ulimit -n)"
    case .ioError: "check the disk and the kernel's log"
    default: "check the path and its file system"
    }
  }
}

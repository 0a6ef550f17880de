import Glibc
public import SystemPackage

/// Executables of this package that tests start.
public enum BuiltExecutable {
  public struct NotBuilt: Error, CustomStringConvertible {
    public let name: String
    public var description: String { "\(name) is not built" }
  }

  /// The product called `name`, beside the test bundle.
  public static func path(_ name: String, source: String = #filePath) throws(NotBuilt) -> FilePath {
    var starts = [FilePath(CommandLine.arguments[0]), FilePath(source)]
    if let own = ownExecutable() { starts.append(own) }
    for start in starts {
      var folder = start
      while folder.lastComponent != nil {
        folder.removeLastComponent()
        for below in [[], [".build", "debug"]] {
          var candidate = folder
          for component in below { candidate.append(component) }
          candidate.append(name)
          if candidate.withPlatformString({ access($0, X_OK) }) == 0, !isDirectory(candidate) { return candidate }
        }
      }
    }
    throw NotBuilt(name: name)
  }

  private static func isDirectory(_ path: FilePath) -> Bool {
    var status = stat()
    return path.withPlatformString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func ownExecutable() -> FilePath? {
    var buffer = [CChar](repeating: 0, count: 4_096)
    guard readlink("/proc/self/exe", &buffer, buffer.count - 1) > 0 else { return nil }
    return FilePath(platformString: buffer)
  }
}

import Glibc
public import SystemPackage

extension FilePath {
  /// This path from the root on, without looking at any link: a relative one begins in the working directory.
  public var absolute: FilePath {
    guard isRelative, let directory = getcwd(nil, 0) else { return lexicallyNormalized() }
    defer { free(directory) }
    return FilePath(platformString: directory).pushing(self).lexicallyNormalized()
  }
}

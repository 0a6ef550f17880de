import Glibc
import Platform
import SystemPackage

/// Paths and globs that a file names; relative ones begin beside it.
struct FilePatterns: Sendable {
  let patterns: [String]
  private let directory: FilePath

  /// - Parameter file: `nil` for the working directory.
  init(_ patterns: [String], beside file: FilePath?) {
    self.patterns = patterns
    // What a rule is called must not hang on how its file was named or from where.
    directory = (file?.removingLastComponent() ?? FilePath()).absolute
  }

  /// All files, each once, with the pattern that it was found by. One that is named outright is among them whether it is there or
  /// not. Blocks while folders are read.
  var paths: [(path: String, pattern: Int, isGlob: Bool)] {
    var seen: Set<String> = []
    return patterns.enumerated().flatMap { index, pattern in
      let isGlob = pattern.contains { "*?[".contains($0) }
      return (isGlob ? expand(pattern) : [absolute(pattern)]).filter { seen.insert($0).inserted }
        .map { (path: $0, pattern: index, isGlob: isGlob) }
    }
  }

  /// What tells these files, as they are now, from later ones. Blocks for as long as looking at each takes.
  func state() -> [String: FileIdentity] {
    var state: [String: FileIdentity] = [:]
    for pattern in patterns {
      for path in expand(pattern) { state[path] = FileIdentity(path) }
    }
    return state
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : directory.appending(path).string
  }

  private func expand(_ pattern: String) -> [String] {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(absolute(pattern), 0, nil, &result) == 0, let paths = result.gl_pathv else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
  }
}

/// What tells a regular file from its next version.
struct FileIdentity: Sendable, Hashable {
  let size: Int64
  private let inode: UInt64
  private let modified: [Int]

  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    size = Int64(status.st_size)
    inode = UInt64(status.st_ino)
    modified = [
      status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
    ]
  }
}

import Glibc

/// The paths and globs by which a file names others.
enum RuleFilePaths {
  /// The files that `path` names, a relative one beside `file`; sorted, none if there is none.
  static func matching(_ path: String, beside file: String) -> [String] {
    var whole = path
    if !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") { whole = file[...slash] + path }
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(whole, 0, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
  }
}

import Foundation

/// The package as files.
enum SourceTree {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  struct File: CustomStringConvertible {
    let path: String
    let text: String
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var description: String { path }
  }

  /// All files under `folder` with one of the endings, sorted by path; paths are relative to the package.
  static func files(under folder: String, endings: [String]) throws -> [File] {
    let base = root.appending(path: folder)
    guard FileManager.default.fileExists(atPath: base.path) else { return [] }
    let enumerator = FileManager.default.enumerator(atPath: base.path)
    var files: [File] = []
    while let name = enumerator?.nextObject() as? String {
      if name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
        enumerator?.skipDescendants()
        continue
      }
      guard endings.contains(where: name.hasSuffix) else { continue }
      let text = try String(contentsOf: base.appending(path: name), encoding: .utf8)
      files.append(File(path: "\(folder)/\(name)", text: text))
    }
    return files.sorted { $0.path < $1.path }
  }
}

import Foundation

/// Rule files and unit tests of rules with the verdicts of promtool, where they are at hand: they are not part of this
/// repository. `SKEP_CORPORA` names the folder.
enum RuleCorpus {
  static let folder: URL = {
    let named = ProcessInfo.processInfo.environment["SKEP_CORPORA"].map { URL(filePath: $0) }
    let beside = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "shared/corpora")
    return (named ?? beside).appending(path: "rules/dev")
  }()

  static let isThere = FileManager.default.fileExists(atPath: folder.path)

  /// What each file of `name` is expected to give, by file.
  static func expectations(_ name: String) throws -> [String: [String: Any]] {
    let data = try Data(contentsOf: folder.appending(path: name).appending(path: "expected.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]] ?? [:]
  }
}

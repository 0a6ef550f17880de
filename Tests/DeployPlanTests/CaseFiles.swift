import FoundationEssentials

/// The files beside the tests: system files with what is expected of them.
enum CaseFiles {
  static let folder = #filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex) + "/Cases"
  static let packageRoot = String(folder.dropLast("/Tests/DeployPlanTests/Cases".count))

  /// Whether expectations are to be written anew (`RECORD=1`).
  static var isRecording: Bool { ProcessInfo.processInfo.environment["RECORD"] == "1" }

  /// Names without `.yaml`, sorted.
  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: String(folder))) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }()

  static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }

  static let example = try? text(packageRoot + "/examples/research-team/system.yaml")

  static func yaml(_ name: String) throws -> String { try text("\(folder)/\(name).yaml") }

  static func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }
}

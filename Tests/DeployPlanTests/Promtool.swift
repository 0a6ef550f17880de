import Foundation
import TestSupport

/// Debian's promtool (2.42): what rendered rules and configurations are held against.
enum Promtool {
  static let isThere = (try? run(["--version"]).status) == 0

  static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    try ForeignProgram.run(["promtool"] + arguments)
  }

  /// Writes texts by path into a folder and runs `arguments` with paths beginning there.
  static func run(_ arguments: [String], files: [(path: String, text: String)]) throws -> (
    status: Int32, output: String
  ) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "skep-promtool-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for (path, text) in files {
      let file = folder.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return try run(
      arguments.map { argument in
        files.contains { $0.path == argument } ? folder.appending(path: argument).path : argument
      })
  }

  /// Debian builds Prometheus without Kubernetes' discovery, which its promtool takes for an unknown key: the same
  /// configuration, its targets named in the place of discovered.
  static func withoutKubernetes(_ configuration: String) -> String {
    var lines: [Substring] = []
    var isDiscovery = false
    for line in configuration.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "    kubernetes_sd_configs:" {
        isDiscovery = true
        lines.append("    static_configs: [{targets: [\"127.0.0.1:1\"]}]")
      } else if !isDiscovery || !line.hasPrefix("      ") {
        isDiscovery = false
        lines.append(line)
      }
    }
    return lines.joined(separator: "\n")
  }
}

import Foundation
import TestSupport

/// Alertmanager's own tool, as Debian has it (0.25): what the tests hold Skep's reading of its files against.
enum Amtool {
  static let isThere = (try? run(["--version"]).status) == 0

  static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    try ForeignProgram.run(["amtool"] + arguments)
  }

  /// What it says of each file: `nil` if it takes it.
  static func checkConfig(_ files: [String]) throws -> [String?] {
    let (_, output) = try run(["check-config"] + files)
    var verdicts: [String: String?] = [:]
    var current = ""
    for line in output.split(separator: "\n") {
      if line.hasPrefix("Checking '") {
        let rest = line.dropFirst("Checking '".count)
        guard let end = rest.firstIndex(of: "'") else { continue }
        current = String(rest[..<end])
        verdicts[current] = .some(rest.hasSuffix("SUCCESS") ? nil : String(line))
      } else if line.contains("FAILED") {
        verdicts[current] = .some(String(line))
      }
    }
    return files.map { verdicts[$0] ?? "nothing is said of it" }
  }

  /// The receivers that an alert with these labels goes to.
  static func receivers(by file: String, of labels: [String]) throws -> String {
    try run(["config", "routes", "test", "--config.file=\(file)"] + labels).output
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

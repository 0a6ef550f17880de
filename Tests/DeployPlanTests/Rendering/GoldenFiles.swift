import DeployPlan
import FoundationEssentials

/// `Golden/NAME/system.yaml` with what it is rendered to; `RECORD=1` writes that anew. A change to the renderer is reviewed in
/// the difference of these files.
enum GoldenFiles {
  static let folder = String(CaseFiles.folder.dropLast("/Cases".count)) + "/Golden"

  static let names: [String] = {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return entries.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/expected.yaml") || $0 == example }
      .union(entries.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/system.yaml") })
  }()

  /// Rendered from the example that comes with Skep, with images, which it does not need on one machine.
  static let example = "research-team"

  static func text(of name: String) throws -> String {
    guard name == example else { return try CaseFiles.text("\(folder)/\(name)/system.yaml") }
    let lines = (CaseFiles.example ?? "").split(separator: "\n", omittingEmptySubsequences: false)
    return lines.flatMap { line -> [Substring] in
      guard let id = line.split(separator: "- agent_id: ").last, line.hasPrefix("  - agent_id: ") else { return [line] }
      return [line, "    image: registry.example/research-team/\(id):1.4.2"]
    }.joined(separator: "\n")
  }

  static func system(_ name: String) throws -> FleetSystem {
    let reading = SystemFile.read(try text(of: name), file: "system.yaml")
    guard let system = reading.system else { throw NotAccepted(diagnostics: reading.diagnostics.map { "\($0)" }) }
    return system
  }

  struct NotAccepted: Error {
    let diagnostics: [String]
  }
}

extension [String] {
  fileprivate func union(_ others: [String]) -> [String] { Set(self + others).sorted() }
}

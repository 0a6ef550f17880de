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

  /// Rendered from the example that comes with Skep.
  static let example = "research-team"

  static func text(of name: String) throws -> String {
    name == example ? CaseFiles.example ?? "" : try CaseFiles.text("\(folder)/\(name)/system.yaml")
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

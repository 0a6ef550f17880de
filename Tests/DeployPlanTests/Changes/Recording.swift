import DeployPlan
import FleetModel
import FoundationEssentials

/// What a real API server said: `../shared/kubernetes`, whose README tells the format. Tests of it are skipped where it is
/// not there.
struct Recording: Sendable, CustomStringConvertible {
  static let folder =
    String(
      CaseFiles.packageRoot.prefix(upTo: CaseFiles.packageRoot.lastIndex(of: "/") ?? CaseFiles.packageRoot.endIndex))
    + "/shared/kubernetes"

  static var isPresent: Bool { FileManager.default.fileExists(atPath: folder + "/README.md") }

  /// `apply/001-dryrun-namespace.json`.
  let file: String
  let document: JSONValue

  var description: String { file }

  init(_ file: String) throws {
    self.file = file
    document = try JSONParser.parse(Array(Data(contentsOf: URL(filePath: "\(Self.folder)/\(file)"))))
  }

  /// All of a folder, sorted; none where the recordings are not there.
  static func all(_ folder: String) -> [Recording] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(Self.folder)/\(folder)")) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { try? Recording("\(folder)/\($0)") }
  }

  var title: String { document["title"]?.string ?? "" }
  var path: String { document["request"]?["path"]?.string ?? "" }
  var status: Int { document["response"]?["status"]?.integer ?? 0 }
  var body: JSONValue { document["response"]?["body"] ?? .null }
  var isDryRun: Bool { path.contains("dryRun=All") }
  /// Without the query.
  var resource: String { String(path.prefix { $0 != "?" }) }

  /// The name of the manager whose apply it is; `nil` for any other request.
  var applier: String? {
    guard document["request"]?["headers"]?["content-type"]?.string == "application/apply-patch+yaml" else { return nil }
    return path.split(whereSeparator: { "?&".contains($0) }).first { $0.hasPrefix("fieldManager=") }
      .map { String($0.dropFirst("fieldManager=".count)) }
  }

  /// What was to be applied; `nil` for what is no YAML.
  var sent: LiveObject? {
    guard let text = document["request"]?["body"]?.string else { return nil }
    return ManifestFile.read(text, file: "m.yaml").manifests.first.map { LiveObject($0.json) }
  }
}

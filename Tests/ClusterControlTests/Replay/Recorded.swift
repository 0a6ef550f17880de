import ClusterControl
import DeployPlan
import FleetModel
import Foundation
import Testing

/// One exchange with a real API server: `../shared/kubernetes`, whose README tells the format.
struct Recorded: Sendable, CustomTestStringConvertible {
  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/kubernetes")

  static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.appending(path: "README.md").path) }

  /// `apply/001-dryrun-namespace.json`.
  var file: String
  var document: JSONValue

  var testDescription: String { file }

  init(_ file: String) throws {
    self.file = file
    document = try JSONParser.parse(Array(Data(contentsOf: Self.folder.appending(path: file))))
  }

  /// All of a folder that are one exchange; none where the recordings are not there.
  static func all(_ folders: [String]) -> [Recorded] {
    folders.flatMap { folder -> [Recorded] in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: folder).path)) ?? []
      return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { try? Recorded("\(folder)/\($0)") }
        .filter { !$0.response.members.isEmpty }
    }
  }

  var request: JSONValue { document["request"] ?? .null }
  var response: JSONValue { document["response"] ?? .null }

  var method: String { request["method"]?.string ?? "" }
  var path: String { request["path"]?.string ?? "" }
  var status: Int { response["status"]?.integer ?? 0 }
  var isStream: Bool { response["stream"] != nil }
  /// With a server's object, as opposed to a text.
  var body: JSONValue { response["body"] ?? .null }

  func header(_ name: String) -> String? { request["headers"]?[name]?.string }

  /// The body as it was sent.
  var sent: [UInt8] {
    switch request["body"] {
    case nil, .null?: []
    case .string(let text)?: Array(text.utf8)
    case let value?: Array(value.description.utf8)
    }
  }

  /// The object that was sent; `nil` for none, and for what is no YAML.
  var sentObject: JSONValue? {
    switch request["body"] {
    case .string(let text)?:
      let (tree, diagnostics) = YAMLTree.parse(text)
      return diagnostics.isEmpty ? tree.map { Manifest(tree: $0).json } : nil
    case .object(let members)?: return .object(members)
    default: return nil
    }
  }

  /// The query, unescaped.
  var query: [String: String] { SeenRequest(method: "", path: path, headers: [:], body: []).query }
  var place: String { String(path.prefix { $0 != "?" }) }

  /// The answer as the server gave it.
  var reply: Reply {
    let headers = (response["headers"]?.members ?? []).compactMap { member in
      member.value.string.map { (member.key, $0) }
    }
    if isStream {
      return .stream(body.elements.map { Array(($0.string ?? $0.description + "\n").utf8) }, then: .end)
    }
    return .answer(status, headers: headers, body: bytes)
  }

  var bytes: [UInt8] {
    switch body {
    case .string(let text): Array(text.utf8)
    case .null: []
    case let value: Array(value.description.utf8)
    }
  }

  /// What the path means: the parts of `/apis/GROUP/VERSION/namespaces/NS/PLURAL/NAME/SUBRESOURCE`.
  var target: (group: String, version: String, namespace: String?, plural: String, name: String?, subresource: String?)?
  {
    var parts = place.split(separator: "/").map { SeenRequest.unescaped($0) }[...]
    var group = ""
    switch parts.popFirst() {
    case "api": break
    case "apis": group = parts.popFirst() ?? ""
    default: return nil
    }
    guard let version = parts.popFirst() else { return nil }
    var namespace: String?
    // `/api/v1/namespaces/shop` is the namespace itself.
    if parts.first == "namespaces", parts.count > 2 {
      _ = parts.popFirst()
      namespace = parts.popFirst()
    }
    guard let plural = parts.popFirst() else { return nil }
    return (group, version, namespace, plural, parts.popFirst(), parts.popFirst())
  }
}

extension JSONValue {
  /// With keys in one order, to compare what says the same.
  var sorted: JSONValue {
    switch self {
    case .object(let members):
      .object(members.map { Member(key: $0.key, value: $0.value.sorted) }.sorted { $0.key < $1.key })
    case .array(let elements): .array(elements.map(\.sorted))
    default: self
    }
  }
}

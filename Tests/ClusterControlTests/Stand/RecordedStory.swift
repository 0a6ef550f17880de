import FleetModel
import Foundation

@testable import ClusterStand

/// The recorded exchanges with a real API server, one folder a story.
enum RecordedStory {
  static let folder =
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path + "/../shared/kubernetes"

  static let isThere = FileManager.default.fileExists(atPath: folder)

  struct Exchange: CustomStringConvertible {
    var file: String
    var request: Tree
    var response: Tree

    var description: String { file }
    var target: String { request["path"]?.string ?? "" }
    var status: Int { response["status"]?.integer ?? 0 }
    var body: Tree { response["body"] ?? .null }
  }

  /// In the order of the files' names; those of more than one answer are left out.
  static func exchanges(_ story: String) throws -> [Exchange] {
    try FileManager.default.contentsOfDirectory(atPath: folder + "/" + story).sorted().compactMap { name in
      let bytes = try Data(contentsOf: URL(filePath: "\(folder)/\(story)/\(name)"))
      let tree = Tree(try JSONParser.parse(Array(bytes)))
      guard let request = tree["request"], let response = tree["response"] else { return nil }
      return Exchange(file: name, request: request, response: response)
    }
  }

  /// Asks the cluster what the exchange asked.
  static func ask(_ exchange: Exchange, _ cluster: Cluster) -> (status: Int, body: Tree, warnings: [String]) {
    let body: [UInt8]
    switch exchange.request["body"] {
    case .string(let text)?: body = Array(text.utf8)
    case .null?, nil: body = []
    case let tree?: body = tree.jsonBytes
    }
    return ask(
      exchange.request["method"]?.string ?? "", exchange.target, body,
      accept: exchange.request["headers"]?["accept"]?.string ?? "",
      contentType: exchange.request["headers"]?["content-type"]?.string ?? "",
      authorization: exchange.request["headers"]?["authorization"]?.string, cluster)
  }

  static func ask(
    _ method: String, _ target: String, _ body: [UInt8] = [], accept: String = "application/json",
    contentType: String = "application/json", authorization: String? = nil, _ cluster: Cluster
  ) -> (status: Int, body: Tree, warnings: [String]) {
    var request = StandRequest(method: method, target: target)
    request.accept = accept
    request.contentType = contentType
    request.userAgent = "skep/0.1"
    request.body = body
    let verdict = cluster.handle(request, target: target, authorization: authorization, certificate: nil)
    switch verdict.answer {
    case .tree(let status, let tree, let warnings)?: return (status, tree, warnings)
    case .document(let tree, _)?: return (200, tree, [])
    case .text(let status, let text, _)?: return (status, .string(text), [])
    case .watch?, nil: return (0, .null, [])
    }
  }

  /// What must be the same in the recording and on the stand: all but identities, versions, times, and what controllers write.
  static func comparable(_ object: Tree) -> Tree {
    guard object["metadata"] != nil, object["kind"] != "Status" else { return object }
    var object = object
    object["status"] = nil
    for key in ["uid", "resourceVersion", "creationTimestamp"] { object[path: "metadata", key] = nil }
    if object["spec"]?["clusterIP"] != nil {
      object[path: "spec", "clusterIP"] = "IP"
      object[path: "spec", "clusterIPs"] = ["IP"]
    }
    object[path: "metadata", "annotations", "deployment.kubernetes.io/revision"] = nil
    if object["metadata"]?["annotations"]?.members.isEmpty == true { object[path: "metadata", "annotations"] = nil }
    let managed = (object["metadata"]?["managedFields"]?.elements ?? []).filter { $0["subresource"] != "status" }
    object[path: "metadata", "managedFields"] =
      .array(
        managed.map { entry in
          var entry = entry
          if entry["time"] != nil { entry["time"] = "TIME" }
          return entry
        }.sorted { $0.description < $1.description })
    return object
  }
}

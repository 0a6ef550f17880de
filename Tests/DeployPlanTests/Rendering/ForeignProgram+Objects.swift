import Foundation
import TestSupport

/// Those that judge what is rendered (`make test` fetches them).
extension ForeignProgram {
  static let hasKubectl = (try? run(["kubectl", "version", "--client"]).status) == 0
  static let hasYAML = (try? run(["python3", "-c", "import yaml"]).status) == 0
  /// The validators and the definitions to validate against, which are no part of this repository.
  static let hasSchemas =
    (try? run(["python3", "-c", "import yaml, jsonschema, kubernetes_validate"]).status) == 0
    && FileManager.default.fileExists(atPath: shared + "/schemas")

  static let shared = CaseFiles.packageRoot + "/../shared"

  /// What is wrong with the objects of YAML files, and how many were looked at: Kubernetes' own by the strict schemas of three
  /// of its versions, Istio's and the Prometheus Operator's by their definitions.
  static func faults(in files: [String]) throws -> (faults: [String], objects: Int) {
    let script = GoldenFiles.folder + "/check_objects.py"
    let (status, output) = try run(
      ["python3", script, shared + "/kubernetes/crdcheck.py", shared + "/schemas", "1.31,1.34,1.37"] + files)
    var lines = output.split(separator: "\n").map(String.init)
    guard status == 0, let last = lines.popLast(), let objects = Int(last.prefix { $0 != " " }) else {
      return ([output], 0)
    }
    return (lines, objects)
  }

  /// kubectl, whose questions of an API server are answered from a recording.
  static func kubectl(_ arguments: [String], cache: String) throws -> (status: Int32, output: String) {
    try run(
      ["python3", GoldenFiles.folder + "/kubectl_offline.py", shared + "/kubernetes/discovery", cache] + arguments)
  }

  /// Where a YAML stream, read by PyYAML (YAML 1.1), says something else than a JSON list.
  static func differences(yaml: String, json: String) throws -> (faults: [String], documents: Int) {
    let (status, output) = try run(["python3", GoldenFiles.folder + "/same_values.py", yaml, json])
    var lines = output.split(separator: "\n").map(String.init)
    guard status == 0, let last = lines.popLast(), let documents = Int(last.prefix { $0 != " " }) else {
      return ([output], 0)
    }
    return (lines, documents)
  }
}

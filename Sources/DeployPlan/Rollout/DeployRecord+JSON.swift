public import FleetModel

/// Why a record cannot be read.
public struct DeployRecordError: Error, Sendable, Hashable, CustomStringConvertible {
  public var key: String
  public var problem: String

  public init(key: String, problem: String) {
    self.key = key
    self.problem = problem
  }

  public var description: String {
    "deployment record: \(key): \(problem); it was not written by Skep, or changed since: delete it if it is not needed"
  }
}

extension DeployRecord {
  private static let keys: Set<String> = [
    "deployment_id", "system", "namespace", "state", "by", "file", "file_sha256", "started_at", "ended_at",
    "environment",
    "rollback_of", "agents", "control_plane", "adopted", "created_namespace", "errors", "skep_version",
  ]

  /// With the keys in a fixed order.
  public var json: JSONValue {
    var members: [JSONValue.Member] = []
    func add(_ key: String, _ value: JSONValue?) {
      if let value { members.append(.init(key: key, value: value)) }
    }
    add("deployment_id", .string(id.text))
    add("system", .string(system))
    add("namespace", .string(namespace))
    add("state", .string(state.text))
    add("by", .string(by))
    add("file", .string(file))
    add("file_sha256", .string(fileHash))
    add("started_at", .string(startedAt.description))
    add("ended_at", endedAt.map { .string($0.description) })
    add("environment", environment.map { .string($0) })
    add("rollback_of", rollbackOf.map { .string($0.text) })
    let sorted = agents.sorted { $0.key < $1.key }
    add("agents", .object(sorted.map { .init(key: $0.key, value: $0.value.json) }))
    add("control_plane", controlPlane.map(\.json))
    add("adopted", .array(adopted.map(\.json)))
    add("created_namespace", .bool(createdNamespace))
    add("errors", .array(errors.map { .string($0) }))
    add("skep_version", .string(skepVersion))
    return .object(members + unknown)
  }

  /// Reads what this or a newer version wrote; keys that are not known are kept.
  ///
  /// - Throws: ``DeployRecordError`` that names the key without which nothing can be done.
  public init(json: JSONValue) throws(DeployRecordError) {
    func text(_ key: String) throws(DeployRecordError) -> String {
      guard let text = json[key]?.string else {
        throw DeployRecordError(key: key, problem: "\(json[key]?.kind ?? "nothing") in place of a text")
      }
      return text
    }
    let name = try text("deployment_id")
    guard let id = DeploymentID(name) else {
      throw DeployRecordError(key: "deployment_id", problem: "\"\(name)\" is not deploy-YYYYMMDD-HHMMSS")
    }
    self.init(
      id: id, system: try text("system"), namespace: try text("namespace"), state: State(try text("state")),
      by: json["by"]?.string ?? "", file: json["file"]?.string ?? "", fileHash: json["file_sha256"]?.string ?? "",
      startedAt: json["started_at"]?.string.flatMap(RFC3339.parse) ?? id.time,
      skepVersion: json["skep_version"]?.string ?? "")
    endedAt = json["ended_at"]?.string.flatMap(RFC3339.parse)
    environment = json["environment"]?.string
    rollbackOf = json["rollback_of"]?.string.flatMap(DeploymentID.init)
    for member in json["agents"]?.members ?? [] { agents[member.key] = Agent(json: member.value) }
    controlPlane = json["control_plane"].map { Agent(json: $0) }
    adopted = (json["adopted"]?.elements ?? []).compactMap(Manifest.ID.init(json:))
    createdNamespace = json["created_namespace"]?.bool ?? false
    errors = (json["errors"]?.elements ?? []).compactMap(\.string)
    unknown = json.members.filter { !Self.keys.contains($0.key) }
  }
}

extension DeployRecord.Agent {
  var json: JSONValue {
    [
      "revision": .string(revision), "image": .string(image), "manifests": .array(manifests.map(\.json)),
      "state": .string(state.rawValue), "replicas": .number(Double(replicas)),
    ]
  }

  init(json: JSONValue) {
    self.init(
      revision: json["revision"]?.string ?? "", image: json["image"]?.string ?? "",
      manifests: (json["manifests"]?.elements ?? []).compactMap(Manifest.ID.init(json:)),
      state: json["state"]?.string.flatMap(AgentCondition.init) ?? .progressing,
      replicas: max(0, json["replicas"]?.integer ?? 0))
  }
}

extension Manifest.ID {
  /// `apps/Deployment/multi-agents/agent-planner`: group, kind, namespace, name, of which the first and third may be empty.
  public var path: String { "\(group)/\(kind)/\(namespace)/\(name)" }

  /// `nil` for what ``path`` does not write.
  public init?(path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4, !parts[1].isEmpty, !parts[3].isEmpty else { return nil }
    self.init(group: parts[0], kind: parts[1], namespace: parts[2], name: parts[3])
  }

  public var json: JSONValue { .string(path) }

  public init?(json: JSONValue) {
    guard let path = json.string else { return nil }
    self.init(path: path)
  }
}

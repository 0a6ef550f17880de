public import DeployPlan
import FleetModel
import Platform

/// A record as the cluster keeps it.
public struct StoredRecord: Sendable, Hashable {
  public var record: DeployRecord
  /// Of its ConfigMap.
  var uid: String
  var resourceVersion: String
  /// How many Secrets hold its payload.
  var parts: Int
  /// Of the manifests in them.
  var digest: String

  static let key = "record.json"
  static let digestKey = "manifests_sha256"
  static let partsKey = "parts"

  /// `nil` for what is no record, or one that cannot be read.
  init?(_ object: LiveObject) {
    guard let data = object.json["data"], let text = data[Self.key]?.string,
      let json = try? JSONParser.parse(Array(text.utf8)), let record = try? DeployRecord(json: json)
    else { return nil }
    self.record = record
    uid = object.uid
    resourceVersion = object.resourceVersion
    parts = data[Self.partsKey]?.string.flatMap { Int($0) } ?? 0
    digest = data[Self.digestKey]?.string ?? ""
  }
}

/// The deployments of a system, kept in its namespace.
///
/// Of each there is a ConfigMap `skep-ID` with its description, which may be read by whoever may read ConfigMaps, and Secrets
/// `skep-ID`, `skep-ID.1`, … with its ``RecordPayload``. Both bear the label `skep.dev/record: SYSTEM` and no other of Skep's,
/// so that nobody takes them for a part of the system.
struct RecordStore: Sendable {
  let client: ClusterClient
  let system: String
  let namespace: String

  /// Above this there are so many deployments at once that something else is wrong.
  private static let idsTriedAtMost = 60
  private static let tries = 3

  static func name(_ id: DeploymentID, part: Int = 0) -> String { "skep-\(id)" + (part == 0 ? "" : ".\(part)") }

  /// The newest first.
  func records() async throws(ClusterError) -> [StoredRecord] {
    try await client.list(
      .configMap, namespace: namespace, labels: "\(SystemLabels.record)=\(system)"
    ).items.compactMap { StoredRecord($0) }.sorted { $0.record.id > $1.record.id }
  }

  /// What the record keeps beside its description; `nil` if its Secrets were never all written.
  ///
  /// - Throws: ``DeployFailure`` if they are damaged.
  func payload(of stored: StoredRecord) async throws(DeployFailure) -> RecordPayload? {
    var secrets: [LiveObject] = []
    for part in 0..<max(1, stored.parts) {
      let id = Manifest.ID(
        group: "", kind: "Secret", namespace: namespace, name: Self.name(stored.record.id, part: part))
      guard let secret = try await DeployFailure.wrapping({ () throws(ClusterError) in try await client.get(id) })
      else {
        return nil
      }
      secrets.append(secret)
    }
    do {
      return try RecordPayload(secrets: secrets, digest: stored.digest)
    } catch {
      throw DeployFailure(.record, "deployment \(stored.record.id): \(error)")
    }
  }

  /// Writes a record that is new. If its id is taken, which is that of a second, the next second is.
  ///
  /// The description is there before the payload, and both before anything else is written.
  func create(_ record: DeployRecord, _ payload: RecordPayload) async throws(DeployFailure) -> StoredRecord {
    let parts: [[(key: String, value: [UInt8])]]
    do { parts = try payload.parts() } catch { throw DeployFailure(.record, "\(error)") }
    let digest = RecordPayload.digest(of: payload.manifests)
    var record = record
    for _ in 0..<Self.idsTriedAtMost {
      guard let stored = try await reserve(record, parts: parts.count, digest: digest) else {
        record.id = DeploymentID(at: record.id.time + .seconds(1))
        continue
      }
      let written = try await DeployFailure.wrapping { () throws(ClusterError) in
        try await concurrently(Array(parts.enumerated()).map { ($0.offset, $0.element) }) {
          index, part throws(ClusterError) in
          try await client.apply(secret(stored, part: index, part), force: true)
        }
      }
      precondition(written.count == parts.count, "BUG: \(written.count) of \(parts.count) parts")
      return stored
    }
    throw DeployFailure(.record, "no id is free for a deployment in namespace \(namespace)")
  }

  /// `nil` if the id is taken.
  private func reserve(
    _ record: DeployRecord, parts: Int, digest: String
  ) async throws(DeployFailure) -> StoredRecord? {
    let object = configMap(record, parts: parts, digest: digest)
    let id = Manifest.ID(group: "", kind: "ConfigMap", namespace: namespace, name: Self.name(record.id))
    var failure: ClusterError?
    for _ in 0..<Self.tries {
      do throws(ClusterError) {
        return StoredRecord(try await client.create(object))
      } catch {
        switch error.kind {
        case .alreadyExists where failure == nil: return nil
        // The answer was lost; what was asked may have been done.
        case .unreachable, .timedOut, .serverFailure, .alreadyExists: failure = error
        default: throw DeployFailure(error)
        }
      }
      let there = try await DeployFailure.wrapping { () throws(ClusterError) in try await client.get(id) }
      if let there { return StoredRecord(there).flatMap { $0.record == record ? $0 : nil } }
    }
    throw failure.map { DeployFailure($0) } ?? DeployFailure(.record, "record \(record.id) cannot be written")
  }

  /// Writes what has become of the deployment. Nobody else writes it, and it is not made anew if somebody removed it.
  @discardableResult
  func update(_ stored: StoredRecord, to record: DeployRecord) async throws(ClusterError) -> StoredRecord {
    var object = configMap(record, parts: stored.parts, digest: stored.digest)
    object = object.setting("metadata", (object["metadata"] ?? [:]).setting("uid", .string(stored.uid)))
    let written = try await client.apply(object, force: true).object
    return StoredRecord(written) ?? stored
  }

  /// The Secrets first: without its payload a record is one that never began.
  func remove(_ stored: StoredRecord) async throws(ClusterError) {
    for part in (0..<max(1, stored.parts)).reversed() {
      try await client.deleteIfThere(
        Manifest.ID(group: "", kind: "Secret", namespace: namespace, name: Self.name(stored.record.id, part: part)))
    }
    try await client.deleteIfThere(
      Manifest.ID(group: "", kind: "ConfigMap", namespace: namespace, name: Self.name(stored.record.id)),
      uid: stored.uid)
  }

  private func configMap(_ record: DeployRecord, parts: Int, digest: String) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "ConfigMap",
      "metadata": [
        "name": .string(Self.name(record.id)), "namespace": .string(namespace),
        "labels": [SystemLabels.record: .string(system)],
      ],
      "data": [
        StoredRecord.key: .string(record.json.description), StoredRecord.digestKey: .string(digest),
        StoredRecord.partsKey: .string("\(parts)"),
      ],
    ]
  }

  private func secret(_ stored: StoredRecord, part: Int, _ values: [(key: String, value: [UInt8])]) -> JSONValue {
    let owner: JSONValue = [
      "apiVersion": "v1", "kind": "ConfigMap", "name": .string(Self.name(stored.record.id)), "uid": .string(stored.uid),
    ]
    return [
      "apiVersion": "v1", "kind": "Secret", "type": .string(RecordPayload.secretType),
      "metadata": [
        "name": .string(Self.name(stored.record.id, part: part)), "namespace": .string(namespace),
        "labels": [SystemLabels.record: .string(system)], "ownerReferences": [owner],
      ],
      "data": .object(values.map { .init(key: $0.key, value: .string(Base64.encode($0.value))) }),
    ]
  }
}

extension ClusterClient {
  /// - Parameter uid: only the object with this one.
  func deleteIfThere(
    _ id: Manifest.ID, propagation: DeletePropagation = .background, uid: String? = nil
  ) async throws(ClusterError) {
    do throws(ClusterError) {
      _ = try await delete(id, propagation: propagation, uid: uid)
    } catch {
      // Gone, or another object by now.
      guard error.kind == .notFound || (uid != nil && error.kind == .conflict) else { throw error }
    }
  }
}

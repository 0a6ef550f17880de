import DeployPlan
public import FleetModel

/// Who holds a lease, as its record says.
public struct LeaseHolder: Sendable, Hashable {
  public var identity: String
  /// By the holder's own clock; `nil` where the record does not say.
  public var since: Timestamp?
  /// By the holder's own clock.
  public var renewedAt: Timestamp?

  public init(identity: String, since: Timestamp? = nil, renewedAt: Timestamp? = nil) {
    self.identity = identity
    self.since = since
    self.renewedAt = renewedAt
  }
}

/// A `Lease` of `coordination.k8s.io/v1` (<https://kubernetes.io/docs/concepts/architecture/leases/>).
struct LeaseRecord: Sendable, Hashable {
  var uid: String
  var resourceVersion: String
  /// Empty where nobody holds it.
  var identity: String
  var duration: Duration
  var acquireTime: String
  var renewTime: String
  var transitions: Int

  /// What is taken for the duration where a record does not say.
  static let usualDuration: Duration = .seconds(15)

  init(_ object: LiveObject) {
    let spec = object.json["spec"]
    uid = object.uid
    resourceVersion = object.resourceVersion
    identity = spec?["holderIdentity"]?.string ?? ""
    duration = (spec?["leaseDurationSeconds"]?.integer).map { .seconds(min(max($0, 1), 86_400)) } ?? Self.usualDuration
    acquireTime = spec?["acquireTime"]?.string ?? ""
    renewTime = spec?["renewTime"]?.string ?? ""
    transitions = spec?["leaseTransitions"]?.integer ?? 0
  }

  var holder: LeaseHolder {
    LeaseHolder(identity: identity, since: RFC3339.parse(acquireTime), renewedAt: RFC3339.parse(renewTime))
  }

  /// A time as the API server wants it in a lease: with exactly six digits after the point.
  static func microTime(_ time: Timestamp) -> String {
    // `2026-11-22T22:31:12.303Z`, with three digits or none.
    var text = RFC3339.format(time)
    guard text.hasSuffix("Z") else { return text }
    text.removeLast()
    guard let point = text.lastIndex(of: ".") else { return text + ".000000Z" }
    let digits = text[text.index(after: point)...]
    return text + String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + "Z"
  }

  /// The object to write: with `uid` and `resourceVersion` it replaces this very record, and never makes one anew.
  static func object(
    name: String, namespace: String, replacing record: LeaseRecord?, identity: String, duration: Duration,
    acquireTime: String, renewTime: String, transitions: Int
  ) -> JSONValue {
    var metadata: [JSONValue.Member] = [
      .init(key: "name", value: .string(name)), .init(key: "namespace", value: .string(namespace)),
    ]
    if let record {
      metadata.append(.init(key: "uid", value: .string(record.uid)))
      metadata.append(.init(key: "resourceVersion", value: .string(record.resourceVersion)))
    }
    return [
      "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": .object(metadata),
      "spec": [
        "holderIdentity": .string(identity),
        "leaseDurationSeconds": .number(Double(max(1, duration.components.seconds))),
        "acquireTime": .string(acquireTime), "renewTime": .string(renewTime),
        "leaseTransitions": .number(Double(transitions)),
      ],
    ]
  }
}

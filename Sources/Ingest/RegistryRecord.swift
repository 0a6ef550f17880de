import FleetModel

/// One instance by name.
struct InstanceKey: Hashable, Sendable {
  var agent: AgentID
  var instance: String
}

/// What the registry holds of one instance.
struct RegistryRecord: Sendable {
  /// What each source says of it; never empty.
  var sources: [TargetSource: CollectionTarget]
  /// The sources joined; see ``join()``.
  var target: CollectionTarget
  /// Changes whenever a loop has to begin anew with another target.
  var revision: UInt64
  var registeredAt: Timestamp
  var machine: InstanceMachine
  /// The policy of the latest round, by which heartbeats are judged too.
  var policy = LivenessPolicy()
  var lastCollection: Timestamp?
  var collectionResult: CollectionResult?
  var samplesCollected = 0
  var seriesCount = 0
  /// Which process the pid meant when it was first looked at; see ``ProcessUsage/startTicks``.
  var processStart: UInt64?
  var processIsGone = false
  /// The runtime that watches over the process has seen it end and has not started another yet.
  var processHasEnded = false

  var snapshot: InstanceSnapshot {
    InstanceSnapshot(
      target: target, status: machine.status, lastError: machine.lastError, registeredAt: registeredAt,
      lastSeen: machine.lastSeen, lastCollection: lastCollection, collectionResult: collectionResult,
      samplesCollected: samplesCollected, seriesCount: seriesCount)
  }

  /// One target from all sources: field by field the word of the source that knows best counts. The local runtime knows
  /// the process, then the agent itself, then what people wrote, then what was discovered.
  static func join(_ sources: [TargetSource: CollectionTarget]) -> CollectionTarget? {
    let ordered = sources.sorted { $0.key.rank < $1.key.rank }
    guard var joined = ordered.first?.value else { return nil }
    for (_, target) in ordered.dropFirst() {
      joined.metricsEndpoint = joined.metricsEndpoint ?? target.metricsEndpoint
      joined.healthEndpoint = joined.healthEndpoint ?? target.healthEndpoint
      joined.pid = joined.pid ?? target.pid
      joined.interval = joined.interval ?? target.interval
      joined.timeout = joined.timeout ?? target.timeout
      joined.honorLabels = joined.honorLabels || target.honorLabels
      joined.labels.merge(target.labels) { best, _ in best }
    }
    return joined
  }
}

extension TargetSource {
  fileprivate var rank: (Int, String) {
    switch self {
    case .localRuntime: (0, "")
    case .registration: (1, "")
    case .systemFile: (2, "")
    case .kubernetes: (3, "")
    case .fileDiscovery(let path): (4, path)
    }
  }
}

extension CollectionTarget {
  /// Checks what came from outside.
  func validated() throws(RegistrationError) {
    for endpoint in [metricsEndpoint, healthEndpoint].compactMap(\.self) {
      if let reason = EndpointPolicy.refusal(ofURL: endpoint) {
        throw .forbiddenEndpoint(endpoint.withoutUserInformation, reason: reason)
      }
    }
    if instance.isEmpty { throw .invalidLabel("instance", reason: "is empty; write HOST:PORT") }
    if instance.utf8.count > 1024 { throw .invalidLabel("instance", reason: "has more than 1024 bytes") }
    if instance.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) {
      throw .invalidLabel("instance", reason: "holds a control character")
    }
    if let pid, pid <= 0 {
      throw .invalidLabel("pid", reason: "\(pid) is no process; leave it out or give a number above 0")
    }
    if labels.count > 62 {
      throw .invalidLabel("labels", reason: "\(labels.count) labels are more than the limit of 62")
    }
    for (name, value) in labels {
      if name == "agent_id" || name == "instance" || name.hasPrefix("__") {
        throw .invalidLabel(name, reason: "is a name that Skep sets itself; choose another")
      }
      guard name.isLabelName else {
        throw .invalidLabel(
          String(name.prefix(100)), reason: "may hold only letters, digits and \"_\", not a digit first")
      }
      if name.utf8.count > 1024 {
        throw .invalidLabel(String(name.prefix(100)) + "…", reason: "has more than 1024 bytes")
      }
      if value.utf8.count > 4096 { throw .invalidLabel(name, reason: "its value has more than 4096 bytes") }
    }
  }
}

extension String {
  /// `[a-zA-Z_][a-zA-Z0-9_]*`
  var isLabelName: Bool {
    guard let first = utf8.first, !(48...57).contains(first) else { return false }
    return utf8.allSatisfy { byte in
      (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "_")
    }
  }

  /// A URL as it may be shown: a password in it is nobody's business.
  fileprivate var withoutUserInformation: String {
    guard let at = firstIndex(of: "@") else { return String(prefix(200)) }
    let scheme = self[..<at].lastIndex(of: "/").map { String(self[...$0]) } ?? ""
    return String((scheme + "…" + self[at...]).prefix(200))
  }
}

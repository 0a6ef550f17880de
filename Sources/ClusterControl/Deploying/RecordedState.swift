import DeployPlan

/// What the records say of a system.
struct RecordedState: Sendable {
  /// The newest first.
  var records: [StoredRecord] = []
  /// The newest whose payload is whole: what one wrote before nothing was applied.
  var latest: (stored: StoredRecord, payload: RecordPayload)?

  /// Everything that may be in the cluster, in the order in which it was applied.
  ///
  /// A deployment ends as deployed only after everything else is gone; any other may have left all of its inventory.
  var inventory: [Manifest.ID] {
    guard let latest else { return [] }
    switch latest.stored.record.state {
    case .deployed, .superseded: return latest.payload.own
    default: return latest.payload.inventory
    }
  }

  var adopted: Set<Manifest.ID> { Set(latest?.stored.record.adopted ?? []) }

  /// Whether the newest record ended well with these bytes.
  func isDeployed(_ manifests: String) -> Bool {
    guard let latest, latest.stored == records.first, latest.stored.record.state == .deployed else { return false }
    return latest.stored.digest == RecordPayload.digest(of: manifests)
  }

  /// The last deployment that went well, but for that one.
  func wayBack(from id: DeploymentID) -> DeploymentID? {
    records.map(\.record).first { $0.id != id && ($0.state == .deployed || $0.state == .superseded) }?.id
  }

  static func read(from store: RecordStore) async throws(DeployFailure) -> RecordedState {
    var state = RecordedState()
    state.records = try await DeployFailure.wrapping { () throws(ClusterError) in try await store.records() }
    for stored in state.records where stored.parts > 0 {
      guard let payload = try await store.payload(of: stored) else { continue }
      state.latest = (stored, payload)
      break
    }
    return state
  }
}

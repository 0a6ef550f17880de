public import DeployPlan
import FleetModel

/// How a deployed system stands.
public struct SystemStanding: Sendable {
  /// The newest record; `nil` where there is none.
  public var record: DeployRecord?
  /// By agent, as their pods are now; Skep's own under ``DeployOrder/controlPlane``.
  public var rollouts: [String: AgentRollout]
  /// Who applies at the moment.
  public var holder: String?

  /// Whether the newest deployment ended well and every agent of it is ready now.
  public var isReady: Bool {
    guard let record, record.state == .deployed else { return false }
    return parts.allSatisfy { rollouts[$0.name]?.phase == .ready }
  }

  /// What the newest deployment consists of: its agents by name, then Skep's own part.
  public var parts: [(name: String, part: DeployRecord.Agent)] {
    let agents = (record?.agents ?? [:]).sorted { $0.key < $1.key }.map { (name: $0.key, part: $0.value) }
    return agents + (record?.controlPlane.map { [(name: DeployOrder.controlPlane, part: $0)] } ?? [])
  }
}

extension Deployer {
  /// The newest record, and how the agents that it names are now.
  public func status() async throws(DeployFailure) -> SystemStanding {
    try await DeployFailure.wrapping { () throws(ClusterError) in
      let record = try await store.records().first?.record
      var standing = SystemStanding(record: record, rollouts: [:])
      standing.holder = try await DeployLock.holder(self)
      guard let record else { return standing }
      let labels = LiveReading.labels(of: system)
      let kinds: [ResourceKind] =
        [.deployment, .replicaSet, .pod] + (record.controlPlane == nil ? [] : [.statefulSet])
      let found = try await concurrently(kinds.map { ($0, $0) }) { _, kind throws(ClusterError) in
        try await client.list(kind, namespace: namespace, labels: labels).items
      }.map(\.1)
      let workloads = found[0] + found.dropFirst(3).joined()
      let byID = Dictionary(workloads.map { ($0.id, $0) }) { first, _ in first }
      let setsByAgent = Dictionary(grouping: found[1]) { $0.labels[SystemLabels.agent] ?? "" }
      let podsByAgent = Dictionary(grouping: found[2]) { SystemLabels.part(of: $0) }
      var events: [LiveObject]?
      for (name, agent) in standing.parts {
        let kind = name == DeployOrder.controlPlane ? "StatefulSet" : "Deployment"
        guard let workload = agent.manifests.first(where: { $0.kind == kind }) else { continue }
        func read(_ events: [LiveObject]) -> AgentRollout {
          AgentRollout.read(
            workload: byID[workload], replicaSets: setsByAgent[name] ?? [], pods: podsByAgent[name] ?? [],
            events: events)
        }
        var rollout = read(events ?? [])
        if rollout.phase != .ready, events == nil {
          // Statuses do not tell all.
          let listed = try await client.list(.event, namespace: namespace).items
          events = listed
          rollout = read(listed)
        }
        standing.rollouts[name] = rollout
      }
      return standing
    }
  }

  /// Goes back to what a deployment has applied: the same bytes, as a new deployment.
  ///
  /// - Parameter id: `nil` for the last that went well before the one in force.
  /// - Throws: ``DeployFailure`` where there is none, or it did not begin.
  public func rollback(
    to id: DeploymentID? = nil, _ options: DeployOptions = DeployOptions(),
    report: @escaping @Sendable (DeployProgress) -> Void = { _ in }
  ) async throws(DeployFailure) -> DeploymentResult {
    try await apply(try await rollbackRequest(to: id), options, report: report)
  }

  /// What ``rollback(to:_:report:)`` would apply.
  public func rollbackRequest(to id: DeploymentID? = nil) async throws(DeployFailure) -> DeployRequest {
    let records = try await DeployFailure.wrapping { () throws(ClusterError) in try await store.records() }
    let stored: StoredRecord
    if let id {
      guard let named = records.first(where: { $0.record.id == id }) else {
        let known = records.map(\.record.id.text).joined(separator: ", ")
        throw DeployFailure(
          .notFound,
          "there is no deployment \(id) of system \(system) in namespace \(namespace)"
            + (known.isEmpty ? "" : "; there are \(known)"))
      }
      stored = named
    } else {
      let isInForce = records.first?.record.state == .deployed
      let good = records.dropFirst(isInForce ? 1 : 0).first {
        $0.record.state == .deployed || $0.record.state == .superseded
      }
      guard let good else {
        throw DeployFailure(
          .notFound,
          "no deployment of system \(system) in namespace \(namespace) went well before; there is nothing to go back to"
        )
      }
      stored = good
    }
    guard let payload = try await store.payload(of: stored) else {
      throw DeployFailure(
        .record, "what \(stored.record.id) was to apply was never written; choose another: skep deploy history")
    }
    return try DeployRequest(stored.record, payload)
  }
}

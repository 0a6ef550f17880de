import DeployPlan
import FleetModel
import Platform

/// One deployment under the lock, from its record's beginning to its end.
struct DeployAttempt: Sendable {
  let deployer: Deployer
  let request: DeployRequest
  let options: DeployOptions
  let recorded: RecordedState
  let plan: DeploymentPlan
  let lock: DeployLock
  let report: @Sendable (DeployProgress) -> Void

  /// For the last writes of a run that was asked to stop.
  private static let endingLimit = Duration.seconds(4)

  func run() async throws(DeployFailure) -> DeploymentResult {
    try await markInterrupted()
    let stored = try await deployer.store.create(
      record(by: await subject()),
      RecordPayload(
        manifests: request.yaml, own: request.manifests.map(\.id), others: plan.outdated,
        dependsOn: request.dependsOn))
    report(.began(stored.record.id))
    let lock = lock
    let run = DeployRun(
      client: deployer.client, time: deployer.time, request: request, plan: plan, options: options,
      hindrance: { lock.hindrance }, report: report,
      takeBack: { objects in await TakingBack(attempt: self).run(objects) })
    let ending = await run.run()
    var result = DeploymentResult(stored.record, ending)
    result.goesBackTo = recorded.wayBack(from: result.id)
    // Whoever holds the lock now writes the records.
    if let hindrance = lock.hindrance {
      result.errors.append("\(hindrance); the next apply completes the deployment or says why not")
      return result
    }
    if let failure = await end(stored, result) { result.errors.append(failure) }
    return result
  }

  private func subject() async -> String {
    let subject = try? await deployer.client.selfSubject()
    if let subject = subject ?? nil, !subject.isEmpty { return subject }
    return deployer.client.connection.user.isEmpty ? deployer.holder : deployer.client.connection.user
  }

  private func record(by subject: String) -> DeployRecord {
    let now = deployer.time.now()
    // Ids stand in the order of their deployments, whatever the clocks of two machines say.
    let newest = recorded.records.first.map { $0.record.id.time + .seconds(1) } ?? now
    var record = DeployRecord(
      id: DeploymentID(at: max(now, newest)), system: request.system, namespace: request.namespace, by: subject,
      file: request.file, fileHash: request.fileHash, startedAt: now,
      agents: DeployRecord.agents(of: request.manifests), skepVersion: options.version)
    record.controlPlane = DeployRecord.controlPlane(of: request.manifests)
    record.environment = request.environment
    record.rollbackOf = request.rollbackOf
    record.adopted = plan.adopted.sorted { $0.path < $1.path }
    record.createdNamespace =
      plan.live.namespaces[request.namespace] == .absent
      || (recorded.latest?.stored.record.createdNamespace ?? false)
    return record
  }

  /// Under the lock nobody else applies: a record that says so is of a run that was killed.
  private func markInterrupted() async throws(DeployFailure) {
    for stored in recorded.records where stored.record.state == .applying {
      report(.note("deployment \(stored.record.id) was cut off; this one takes over what it left"))
      var record = stored.record
      record.state = .interrupted
      record.endedAt = deployer.time.now()
      record.errors.append("the run ended without saying so")
      let ended = record
      _ = try await DeployFailure.wrapping { () throws(ClusterError) in
        try await deployer.store.update(stored, to: ended)
      }
    }
  }

  /// Writes how it ended, also after the task was cancelled. Says what it could not.
  private func end(_ stored: StoredRecord, _ result: DeploymentResult) async -> String? {
    var record = stored.record
    record.state = result.state
    record.endedAt = deployer.time.now()
    record.errors = result.errors
    for (name, agent) in result.agents {
      record.agents[name]?.state = agent.status
      record.agents[name]?.replicas = agent.rollout?.ready ?? 0
    }
    if let own = result.controlPlane {
      record.controlPlane?.state = own.status
      record.controlPlane?.replicas = own.rollout?.ready ?? 0
    }
    let ended = record
    let write = { @Sendable () async -> String? in
      do throws(ClusterError) {
        try await deployer.store.update(stored, to: ended)
        try await supersede(by: ended)
        return nil
      } catch {
        return "the record \(ended.id) could not be ended: \(error.words)"
      }
    }
    guard Task.isCancelled else { return await write() }
    // A task of its own is not cancelled with this one, which waits for it.
    return await Task { () -> String? in
      do {
        return try await TimeLimit.run(Self.endingLimit, by: deployer.time) { await write() }
      } catch {
        return "the record \(ended.id) could not be ended in time"
      }
    }.value
  }

  /// What was in force is no longer, and only so many records are kept.
  private func supersede(by record: DeployRecord) async throws(ClusterError) {
    var ended = recorded.records
    for (index, stored) in ended.enumerated() where stored.record.state == .deployed && record.state == .deployed {
      var record = stored.record
      record.state = .superseded
      ended[index] = try await deployer.store.update(stored, to: record)
    }
    // One is the new one's place; what is in force stays.
    for stored in ended.dropFirst(max(1, options.recordsKept - 1)) where stored.record.state != .deployed {
      try await deployer.store.remove(stored)
    }
  }
}

extension DeploymentResult {
  /// What a run has left in place.
  init(_ record: DeployRecord, _ ending: DeployRun.Ending) {
    let (state, errors): (DeployRecord.State, [String]) =
      switch ending.outcome {
      case .deployed: (.deployed, [])
      case .failed(let errors): (.failed, errors)
      case .rolledBack(let errors): (.rolledBack, errors)
      case .interrupted(let reason): (.interrupted, [reason])
      }
    self.init(
      id: record.id, system: record.system, namespace: record.namespace, state: state, objects: ending.objects,
      errors: errors, warnings: ending.warnings)
    let done = Dictionary(ending.objects.map { ($0.id, $0.state) }) { first, _ in first }
    func ended(_ name: String, _ agent: DeployRecord.Agent) -> Agent {
      let isBegun = agent.manifests.contains { done[$0] != .notApplied }
      return Agent(
        manifests: agent.manifests, status: AgentCondition(ending.steps[name] ?? .pending, anyApplied: isBegun),
        rollout: ending.rollouts[name], revision: agent.revision, image: agent.image)
    }
    for (name, agent) in record.agents { agents[name] = ended(name, agent) }
    controlPlane = record.controlPlane.map { ended(DeployOrder.controlPlane, $0) }
  }
}

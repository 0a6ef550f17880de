import DeployPlan
import FleetModel

/// Brings back what was before a deployment that failed: the last one that went well, or nothing at all.
struct TakingBack: Sendable {
  let attempt: DeployAttempt

  /// - Parameter objects: what the run has done, by object.
  /// - Returns: what could not be brought back.
  func run(_ objects: [Manifest.ID: DeploymentResult.ObjectState]) async -> [String] {
    do throws(DeployFailure) {
      let good = attempt.recorded.records.first { $0.record.state == .deployed }
      guard let good, let payload = try await attempt.deployer.store.payload(of: good) else {
        return await removeNew(objects)
      }
      return try await apply(good, payload, objects)
    } catch {
      return [error.message]
    }
  }

  /// Without a deployment before it only what it made is known not to have been there.
  private func removeNew(_ objects: [Manifest.ID: DeploymentResult.ObjectState]) async -> [String] {
    let ids = attempt.request.manifests.map(\.id).filter { id in
      // The namespace holds the record, which says what has happened.
      id.kind != "Namespace" && (objects[id] == .created || objects[id] == .unknown)
    }
    let changed = objects.filter { $0.value == .changed && $0.key.kind != "Namespace" }.keys
    let left = changed.map { "\($0) was there before, and keeps what was changed" }.sorted()
    do throws(ClusterError) {
      let live = try await LiveReading(client: attempt.deployer.client, system: attempt.request.system)
        .read(desired: [], others: ids)
      let removals = Removal.all(
        of: ids, in: live.objects, adopted: attempt.plan.adopted, system: attempt.request.system)
      return await removing.remove(removals, within: attempt.options.timeout) + left
    } catch {
      return [error.words] + left
    }
  }

  private func apply(
    _ good: StoredRecord, _ payload: RecordPayload, _ objects: [Manifest.ID: DeploymentResult.ObjectState]
  ) async throws(DeployFailure) -> [String] {
    let request = try DeployRequest(good.record, payload)
    var options = attempt.options
    options.isAtomic = false
    // What was taken from others must be overwritten by what was there before.
    options.takesFields = true
    options.adopts = true
    var recorded = attempt.recorded
    // Everything that this run may have made is to go.
    let made = attempt.request.manifests.map(\.id).filter { objects[$0] != nil }
    recorded.latest = (
      good, RecordPayload(manifests: payload.manifests, own: payload.own, others: made, dependsOn: payload.dependsOn)
    )
    recorded.latest?.stored.record.state = .failed
    let plan = try await Planning(
      client: attempt.deployer.client, request: request, options: options, triesNewObjects: false
    ).plan(recorded)
    guard plan.refusals.isEmpty else { return plan.refusals }
    let lock = attempt.lock
    let run = DeployRun(
      client: attempt.deployer.client, time: attempt.deployer.time, request: request, plan: plan, options: options,
      hindrance: { lock.hindrance }, report: attempt.report, takeBack: { _ in [] })
    let ending = await run.run()
    switch ending.outcome {
    case .deployed: return []
    case .failed(let errors), .rolledBack(let errors): return errors
    case .interrupted(let reason): return [reason]
    }
  }

  private var removing: Removing {
    let lock = attempt.lock
    return Removing(
      client: attempt.deployer.client, system: attempt.request.system, time: attempt.deployer.time,
      mayWrite: { lock.isHeld }, report: attempt.report)
  }
}

extension DeployRequest {
  /// What a record says was applied.
  ///
  /// - Throws: ``DeployFailure`` if its bytes are no manifests.
  init(_ record: DeployRecord, _ payload: RecordPayload) throws(DeployFailure) {
    let reading = ManifestFile.read(payload.manifests, file: "\(record.id)")
    guard reading.diagnostics.isEmpty else {
      let problems = reading.diagnostics.map(\.description).joined(separator: "\n")
      throw DeployFailure(.record, "what \(record.id) applied cannot be read: \(problems)")
    }
    self.init(
      system: record.system, namespace: record.namespace, manifests: reading.manifests, dependsOn: payload.dependsOn,
      file: record.file, fileHash: record.fileHash, environment: record.environment)
    // The bytes of then, whatever this version would write.
    yaml = payload.manifests
    rollbackOf = record.id
  }
}

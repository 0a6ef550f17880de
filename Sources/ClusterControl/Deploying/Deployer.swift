public import DeployPlan
import FleetModel
public import Platform

/// Brings a system into a cluster and keeps account of it.
///
/// Life of a deployment:
/// 1. What is there and what is recorded is read, and the plan made of it. Nothing is written for a plan that is refused, nor for
///    one that changes nothing.
/// 2. The namespace is made if it is not there, and the system's Lease taken: one run at a time.
/// 3. A record is written: what is to be applied, and all that may be in the cluster. From here on whatever is in the cluster is in
///    a record, however the run ends.
/// 4. ``DeployRun`` applies, waits, and takes away what left the system.
/// 5. The record is ended and the Lease released. A run that was killed leaves its record as `applying` and a Lease that runs
///    out: the next one takes over, says so, and converges.
public struct Deployer: Sendable {
  public let client: ClusterClient
  public let system: String
  public let namespace: String
  let time: any TimeSource
  /// Who holds the lock, for those who find it taken: `user@host`.
  let holder: String
  /// How the lock is kept; its patience is each run's own.
  let lease: ClusterLease.Options

  /// - Parameters:
  ///   - holder: who applies, for those who find the lock taken: `user@host`.
  ///   - lease: how the lock is kept. A machine that may stand still for long needs a longer ``ClusterLease/Options/deadline``;
  ///     after a kill others wait for the ``ClusterLease/Options/duration``.
  public init(
    _ client: ClusterClient, system: String, namespace: String, holder: String,
    lease: ClusterLease.Options = ClusterLease.Options(), time: any TimeSource = SystemTime()
  ) {
    self.client = client
    self.system = system
    self.namespace = namespace
    self.holder = holder
    self.lease = lease
    self.time = time
  }

  var store: RecordStore { RecordStore(client: client, system: system, namespace: namespace) }

  /// What ``apply(_:_:report:)`` would do now. Nothing is written.
  ///
  /// New objects are tried by a dry run too, where their namespace is there.
  public func plan(
    _ request: DeployRequest, _ options: DeployOptions = DeployOptions()
  ) async throws(DeployFailure) -> DeploymentPlan {
    try await Planning(client: client, request: request, options: options, triesNewObjects: true)
      .plan(try await RecordedState.read(from: store))
  }

  /// Applies, waits until every agent is ready, and takes away what left the system.
  ///
  /// - Returns: what is in place, whether it went well or not.
  /// - Throws: ``DeployFailure`` where it did not begin: nothing is written then, but maybe an empty namespace.
  public func apply(
    _ request: DeployRequest, _ options: DeployOptions = DeployOptions(),
    report: @escaping @Sendable (DeployProgress) -> Void = { _ in }
  ) async throws(DeployFailure) -> DeploymentResult {
    let recorded = try await RecordedState.read(from: store)
    let plan = try await planned(request, options, recorded, report)
    if !plan.hasChanges, recorded.isDeployed(request.yaml), let latest = recorded.latest {
      var result = await follow(request, plan, options, latest.stored.record, report)
      result.goesBackTo = recorded.wayBack(from: result.id)
      return result
    }
    try await makeNamespace(plan)
    return try await DeployLock.hold(self, patience: options.lockPatience, report: report) {
      lock throws(DeployFailure) in
      // Somebody may have applied between the plan and the lock.
      let now = try await RecordedState.read(from: store)
      let isSame = now.records == recorded.records
      return try await DeployAttempt(
        deployer: self, request: request, options: options, recorded: now,
        plan: isSame ? plan : try await planned(request, options, now, report), lock: lock, report: report
      ).run()
    }
  }

  private func planned(
    _ request: DeployRequest, _ options: DeployOptions, _ recorded: RecordedState,
    _ report: @Sendable (DeployProgress) -> Void
  ) async throws(DeployFailure) -> DeploymentPlan {
    let plan = try await Planning(client: client, request: request, options: options, triesNewObjects: false)
      .plan(recorded)
    report(.planned(plan))
    guard plan.refusals.isEmpty else { throw DeployFailure(.refused, plan.refusals.joined(separator: "\n")) }
    return plan
  }

  /// Nothing is to be written; whether all agents are ready is still to be seen.
  private func follow(
    _ request: DeployRequest, _ plan: DeploymentPlan, _ options: DeployOptions, _ record: DeployRecord,
    _ report: @escaping @Sendable (DeployProgress) -> Void
  ) async -> DeploymentResult {
    var options = options
    options.isAtomic = false
    let run = DeployRun(
      client: client, time: time, request: request, plan: plan, options: options, hindrance: { nil }, report: report,
      takeBack: { _ in [] })
    let ending = await run.run()
    return DeploymentResult(record, ending)
  }

  /// By a manager of its own, whose annotation says that Skep made it: `delete` takes only such a one away.
  private func makeNamespace(_ plan: DeploymentPlan) async throws(DeployFailure) {
    guard plan.live.namespaces[namespace] == .absent else { return }
    let object: JSONValue = [
      "apiVersion": "v1", "kind": "Namespace",
      "metadata": ["name": .string(namespace), "annotations": [SystemLabels.createdBy: .string(system)]],
    ]
    do throws(ClusterError) {
      _ = try await client.create(object, manager: "skep-origin")
    } catch {
      switch error.kind {
      // By somebody else, or by this very request, whose answer was lost.
      case .alreadyExists: return
      case .unreachable, .timedOut, .serverFailure:
        let id = Manifest.ID(group: "", kind: "Namespace", namespace: "", name: namespace)
        let there = try await DeployFailure.wrapping { () throws(ClusterError) in try await client.get(id) }
        if there == nil { throw DeployFailure(error) }
      default: throw DeployFailure(error)
      }
    }
  }

  /// All deployments that are recorded, the newest first.
  public func history() async throws(DeployFailure) -> [DeployRecord] {
    try await DeployFailure.wrapping { () throws(ClusterError) in try await store.records() }.map(\.record)
  }
}

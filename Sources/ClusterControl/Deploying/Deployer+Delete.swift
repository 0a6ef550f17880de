public import DeployPlan
import FleetModel
import Platform

/// What a deletion did.
public struct DeletionResult: Sendable, Hashable {
  /// Deleted, and seen to be gone.
  public var removed: [Manifest.ID] = []
  /// Not Skep's to delete: still there, with the reason.
  public var left: [String] = []
  /// What could not be deleted.
  public var errors: [String] = []
  /// Whether the namespace went too.
  public var removedNamespace = false

  public var success: Bool { errors.isEmpty }

  /// Of nothing.
  public init() {}
}

/// What a deletion would do.
public struct DeletionPlan: Sendable {
  /// In the order in which they go.
  public var removals: [Manifest.ID] = []
  /// They stay, without what Skep set in them.
  public var releases: [Manifest.ID] = []
  public var left: [String] = []
  public var records: Int = 0
  public var deletesNamespace = false

  public var isEmpty: Bool { removals.isEmpty && releases.isEmpty && records == 0 && !deletesNamespace }

  var fates: [Removal] = []
}

extension Deployer {
  /// What ``delete(within:lockPatience:report:)`` would do now. Nothing is written.
  ///
  /// - Parameter rendered: manifests of the system, in which to look for what no record tells of.
  public func deletionPlan(rendered: [Manifest] = []) async throws(DeployFailure) -> DeletionPlan {
    try await deletionPlan(try await RecordedState.read(from: store), rendered)
  }

  private func deletionPlan(
    _ recorded: RecordedState, _ rendered: [Manifest]
  ) async throws(DeployFailure) -> DeletionPlan {
    let space = Manifest.ID(group: "", kind: "Namespace", namespace: "", name: namespace)
    let inventory = recorded.inventory
    let known = Set(inventory)
    var ids = inventory + rendered.map(\.id).filter { !known.contains($0) }
    if !ids.contains(space) { ids.insert(space, at: 0) }
    let asked = ids
    let live = try await DeployFailure.wrapping { () throws(ClusterError) in
      try await LiveReading(client: client, system: system).read(desired: [], others: asked)
    }
    var plan = DeletionPlan()
    plan.records = recorded.records.count
    for removal in Removal.all(of: ids, in: live.objects, adopted: recorded.adopted, system: system) {
      switch removal.fate {
      case .delete where removal.id == space: plan.deletesNamespace = true
      case .delete:
        plan.removals.append(removal.id)
        plan.fates.append(removal)
      case .release:
        plan.releases.append(removal.id)
        plan.fates.append(removal)
      // What a manifest names and no record does was never Skep's.
      case .leave(let reason):
        if known.contains(removal.id) { plan.left.append("\(removal.id): \(reason)") }
      case .gone: continue
      }
    }
    return plan
  }

  /// Takes away what Skep made, and nothing else: the objects of the inventories, then the records and the Lease, last the
  /// namespace, if Skep made it and nothing of others is left in it.
  ///
  /// - Parameter limit: how long to wait until everything is gone.
  /// - Throws: ``DeployFailure`` where it did not begin.
  public func delete(
    rendered: [Manifest] = [], within limit: Duration = .seconds(600), lockPatience: Duration? = nil,
    report: @escaping @Sendable (DeployProgress) -> Void = { _ in }
  ) async throws(DeployFailure) -> DeletionResult {
    let space = Manifest.ID(group: "", kind: "Namespace", namespace: "", name: namespace)
    let there = try await DeployFailure.wrapping { () throws(ClusterError) in try await client.get(space) }
    guard let there, !there.isBeingDeleted else { return DeletionResult() }
    let (deleted, deletesNamespace) = try await DeployLock.hold(self, patience: lockPatience, report: report) {
      lock throws(DeployFailure) in
      try await deleteObjects(lock, rendered, within: limit, report: report)
    }
    var result = deleted
    guard result.errors.isEmpty else { return result }
    do throws(ClusterError) {
      try await DeployLock.removeIfFree(self)
      guard deletesNamespace else { return result }
      let others = try await Leftovers(client: client, namespace: namespace).find()
      guard others.isEmpty else {
        result.left.append("namespace \(namespace): it holds what is not Skep's: \(Leftovers.words(others))")
        return result
      }
      try await client.deleteIfThere(space, uid: there.uid)
      result.removedNamespace = try await isGone(there, within: limit)
      if !result.removedNamespace { result.errors.append("namespace \(namespace) is still being deleted") }
    } catch {
      result.errors.append(error.description)
    }
    return result
  }

  /// What is to be done under the lock.
  private func deleteObjects(
    _ lock: DeployLock, _ rendered: [Manifest], within limit: Duration,
    report: @escaping @Sendable (DeployProgress) -> Void
  ) async throws(DeployFailure) -> (DeletionResult, deletesNamespace: Bool) {
    let recorded = try await RecordedState.read(from: store)
    let plan = try await deletionPlan(recorded, rendered)
    var result = DeletionResult()
    result.left = plan.left + plan.releases.map { "\($0): it was there before Skep" }
    let removing = Removing(
      client: client, system: system, time: time, mayWrite: { lock.isHeld && !Task.isCancelled }, report: report)
    result.errors = await removing.remove(plan.fates, within: limit)
    guard result.errors.isEmpty else { return (result, plan.deletesNamespace) }
    result.removed = plan.removals
    // Only now: without its record nobody would know what is left.
    try await DeployFailure.wrapping { () throws(ClusterError) in
      for stored in recorded.records.reversed() { try await store.remove(stored) }
    }
    return (result, plan.deletesNamespace)
  }

  private func isGone(_ namespace: LiveObject, within limit: Duration) async throws(ClusterError) -> Bool {
    let end = time.monotonic() + limit
    var pause = Duration.milliseconds(100)
    while try await client.get(namespace.id)?.uid == namespace.uid {
      guard time.monotonic() < end else { return false }
      do { try await time.sleep(for: pause) } catch { return false }
      pause = min(pause * 2, .seconds(2))
    }
    return true
  }
}

/// What is in a namespace that somebody would miss.
struct Leftovers: Sendable {
  let client: ClusterClient
  let namespace: String

  /// Made in every namespace by what runs the cluster.
  private static let usual: Set<String> = [
    "ServiceAccount default", "ConfigMap kube-root-ca.crt", "ConfigMap openshift-service-ca.crt",
    "ConfigMap istio-ca-root-cert",
  ]
  private static let passing: Set<String> = ["Event", "PodMetrics", "EndpointSlice", "Endpoints"]

  /// Everything that can be listed there, but for what comes and goes by itself.
  func find() async throws(ClusterError) -> [Manifest.ID] {
    let kinds = try await client.resources().filter {
      $0.isNamespaced && $0.verbs.contains("list") && !Self.passing.contains($0.kind)
    }
    let lists = try await concurrently(kinds.map { ($0, $0) }) { _, resource throws(ClusterError) in
      do throws(ClusterError) {
        let kind = ResourceKind(group: resource.group, version: resource.version, kind: resource.kind)
        return try await client.list(kind, namespace: namespace).items
      } catch  where error.kind == .kindNotServed || error.kind == .notFound {
        return []
      }
    }
    let found = lists.flatMap(\.1).filter { object in
      !object.hasOwner && !object.isBeingDeleted && !Self.usual.contains("\(object.kind) \(object.name)")
    }
    return Set(found.map(\.id)).sorted { $0.path < $1.path }
  }

  static func words(_ ids: [Manifest.ID]) -> String {
    ids.prefix(10).map { "\($0.kind) \($0.name)" }.joined(separator: ", ")
      + (ids.count > 10 ? ", and \(ids.count - 10) more" : "")
  }
}

import DeployPlan
import FleetModel
import Platform
import Synchronization

/// One run at a time: the Lease `skep-SYSTEM` in the system's namespace.
struct DeployLock: Sendable {
  private let lease: ClusterLease

  /// Why nothing may be written any more; `nil` while the lock is surely held.
  var hindrance: String? {
    do throws(LeaseError) {
      try lease.check()
      return nil
    } catch {
      return error.description
    }
  }

  var isHeld: Bool { hindrance == nil }

  static func name(_ system: String) -> String { "skep-\(system)" }

  /// Runs `body` under the lock. If it is lost, `body` is cancelled, and what it returns still counts.
  ///
  /// - Parameter patience: how long to wait for another run; `nil` refuses as soon as it is known to live.
  static func hold<Value: Sendable>(
    _ deployer: Deployer, patience: Duration?, report: @escaping @Sendable (DeployProgress) -> Void,
    body: @escaping @Sendable (DeployLock) async throws(DeployFailure) -> Value
  ) async throws(DeployFailure) -> Value {
    var options = deployer.lease
    options.patience = patience ?? .zero
    let identity = "\(deployer.holder) \(String(deployer.client.random.next() >> 32, radix: 16))"
    let ending = Mutex<Result<Value, DeployFailure>?>(nil)
    let told = Mutex<String?>(nil)
    do {
      try await ClusterLease.hold(
        deployer.client, name: name(deployer.system), namespace: deployer.namespace, identity: identity,
        options: options,
        onWaiting: { holder, isAlive in
          let words =
            isAlive
            ? "waits for \(holder.identity), who applies since \(holder.since.map(\.description) ?? "some time")"
            : "the lock is \(holder.identity)'s; waits to see whether that run still lives"
          let isNew = told.withLock { last in
            defer { last = words }
            return last != words
          }
          if isNew { report(.note(words)) }
        },
        body: { lease in
          do throws(DeployFailure) {
            let value = try await body(DeployLock(lease: lease))
            ending.withLock { $0 = .success(value) }
          } catch {
            ending.withLock { $0 = .failure(error) }
          }
        })
    } catch {
      // A body that was cancelled has an end all the same.
      if let ending = ending.withLock({ $0 }) { return try ending.get() }
      throw failure(error, deployer)
    }
    guard let ended = ending.withLock({ $0 }) else { throw DeployFailure(.interrupted, "interrupted") }
    return try ended.get()
  }

  private static func failure(_ error: any Error, _ deployer: Deployer) -> DeployFailure {
    switch error as? LeaseError {
    case .held(_, let holder):
      let since = holder.since.map { " since \($0)" } ?? ""
      return DeployFailure(
        .locked,
        "system \(deployer.system) is being applied by \(holder.identity)\(since); wait until that has ended, or give --wait-lock 10m"
      )
    case .lost(_, let reason): return DeployFailure(.locked, "the lock was lost: \(reason)")
    case .failed(let error): return DeployFailure(error)
    case nil: return DeployFailure(.interrupted, "interrupted")
    }
  }

  /// Who holds it, as far as its record says; a run that was killed is there until another has found out.
  static func holder(_ deployer: Deployer) async throws(ClusterError) -> String? {
    guard let lease = try await deployer.client.get(id(deployer)) else { return nil }
    let identity = lease.json["spec"]?["holderIdentity"]?.string ?? ""
    return identity.isEmpty ? nil : identity
  }

  /// Removes the Lease if nobody holds it.
  static func removeIfFree(_ deployer: Deployer) async throws(ClusterError) {
    guard let lease = try await deployer.client.get(id(deployer)) else { return }
    guard lease.json["spec"]?["holderIdentity"]?.string ?? "" == "" else { return }
    do throws(ClusterError) {
      _ = try await deployer.client.delete(lease.id, uid: lease.uid, resourceVersion: lease.resourceVersion)
    } catch {
      // Somebody has taken it since.
      guard error.kind == .conflict || error.kind == .notFound else { throw error }
    }
  }

  private static func id(_ deployer: Deployer) -> Manifest.ID {
    Manifest.ID(
      group: "coordination.k8s.io", kind: "Lease", namespace: deployer.namespace, name: name(deployer.system))
  }
}

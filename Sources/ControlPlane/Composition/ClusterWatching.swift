import ClusterControl
import DeployPlan
import FleetModel
import Ingest
import Logging
import Platform
import ServiceLifecycle
import Synchronization

/// Joins the namespace that the system runs in: its pods become instances, the records of deployments marks.
///
/// While the API server does not answer, what was known is collected as before.
struct ClusterWatching: Service {
  let loaded: LoadedSystem
  let registry: AgentRegistry
  let marks: DeploymentMarks
  let time: any TimeSource
  let logger: Logger
  /// Finds the cluster.
  var connect: @Sendable () async throws -> ClusterConnection = { try await ClusterConnection.load() }

  /// Between two looks at whether the system file says something else of the pods that are known.
  private static let interval: Duration = .seconds(10)
  /// Before a cluster that is not found is looked for again.
  private static let pause: Duration = .seconds(30)

  func run() async throws {
    await cancelWhenGracefulShutdown { await watch() }
  }

  private func watch() async {
    while !Task.isCancelled {
      do {
        let client = try ClusterClient(try await connect(), time: time)
        await watch(client)
        await client.shutdown()
      } catch {
        logger.error("no cluster to find pods in; trying again: \(error)")
      }
      do { try await time.sleep(for: Self.pause) } catch { return }
    }
  }

  private func watch(_ client: ClusterClient) async {
    let found = FoundPods()
    let system = loaded.system
    let follower = ClusterFollower(client, namespace: system.namespace, system: system.name, time: time) { news in
      switch news {
      case .pods(let pods):
        found.replace(with: pods)
        register(found)
      case .deployment(let mark): await marks.put(mark)
      case .trouble(let text): logger.warning("\(text)")
      }
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await follower.run() }
      group.addTask {
        while (try? await time.sleep(for: Self.interval)) != nil { register(found) }
      }
    }
  }

  /// Before the first list nothing is known, and those of an earlier run stay.
  private func register(_ found: FoundPods) {
    found.with { pods in
      let refused = registry.replaceTargets(of: .kubernetes, with: pods.targets(for: loaded.system))
      for target in refused { logger.warning("pod refused", metadata: ["reason": "\(target)"]) }
    }
  }
}

/// The pods as they were told last.
private final class FoundPods: Sendable {
  private let pods = Mutex<DiscoveredPods?>(nil)

  func replace(with pods: DiscoveredPods) { self.pods.withLock { $0 = pods } }

  /// One at a time, so that an older state never comes after a newer one.
  func with(_ body: (DiscoveredPods) -> Void) { pods.withLock { $0.map(body) } }
}

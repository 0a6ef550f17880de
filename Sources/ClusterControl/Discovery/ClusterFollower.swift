import DeployPlan
public import FleetModel
public import Platform

/// Follows what a control plane is to know of the namespace of its system: the agents' pods and the records of deployments.
public struct ClusterFollower: Sendable {
  public enum News: Sendable {
    /// After each change.
    case pods(DiscoveredPods)
    /// A record that is new or has changed; those that are gone are not told of.
    case deployment(DeploymentMark)
    /// What does not work, in words; what was told before holds until it does again.
    case trouble(String)
  }

  /// Before what failed for good, such as for want of a right, is tried again: somebody may have mended it.
  private static let pause: Duration = .seconds(30)

  private let client: ClusterClient
  private let namespace: String
  private let system: String
  private let time: any TimeSource
  private let tell: @Sendable (News) async -> Void

  /// - Parameters:
  ///   - system: its name, which the records bear.
  ///   - tell: is called for pods from one task and for deployments from another, each in order.
  public init(
    _ client: ClusterClient, namespace: String, system: String, time: any TimeSource,
    tell: @escaping @Sendable (News) async -> Void
  ) {
    self.client = client
    self.namespace = namespace
    self.system = system
    self.time = time
    self.tell = tell
  }

  /// Follows until the task is cancelled.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        var pods = DiscoveredPods()
        await follow(.pod, labels: DiscoveredPods.selector) { event in
          pods.take(event)
          await tell(.pods(pods))
        }
      }
      group.addTask {
        await follow(.configMap, labels: "skep.dev/record=\(system)") { event in await take(event) }
      }
    }
  }

  private func follow(
    _ kind: ResourceKind, labels: String, _ take: (WatchEvent) async -> Void
  ) async {
    while !Task.isCancelled {
      do throws(ClusterError) {
        for try await event in client.watch(kind, namespace: namespace, labels: labels) {
          if case .interrupted(let error) = event {
            await tell(.trouble("\(kind.kind) objects of namespace \(namespace) are not seen: \(error)"))
          } else {
            await take(event)
          }
        }
      } catch {
        await tell(.trouble("\(kind.kind) objects of namespace \(namespace) cannot be watched: \(error)"))
      }
      do { try await time.sleep(for: Self.pause) } catch { return }
    }
  }

  private func take(_ event: WatchEvent) async {
    switch event {
    case .initial(let objects): for object in objects { await take(object) }
    case .applied(let object): await take(object)
    case .deleted, .interrupted: break
    }
  }

  private func take(_ configMap: LiveObject) async {
    do throws(DeployRecordError) { await tell(.deployment(try DeploymentMark(configMap: configMap))) } catch {
      await tell(.trouble("\(error)"))
    }
  }
}

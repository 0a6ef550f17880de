import DeployPlan
import FleetModel
import Platform
import Synchronization

/// Carries out a plan as a ``DeployMachine`` decides it.
///
/// Everything that happens comes back to the machine as an event, one after the other; what it decides is done in child tasks, of
/// which none outlives the run. When the task is cancelled nothing new begins, and the run ends at once.
struct DeployRun: Sendable {
  let client: ClusterClient
  let time: any TimeSource
  let request: DeployRequest
  let plan: DeploymentPlan
  let options: DeployOptions
  /// Before each write: why there may be none any more.
  let hindrance: @Sendable () -> String?
  let report: @Sendable (DeployProgress) -> Void
  /// Takes back what was done, by object; says what it could not.
  let takeBack: @Sendable ([Manifest.ID: DeploymentResult.ObjectState]) async -> [String]

  /// What has become of it.
  struct Ending: Sendable {
    var outcome: DeployMachine.Outcome
    var steps: [String: DeployMachine.AgentStep]
    var rollouts: [String: AgentRollout]
    var objects: [DeploymentResult.Object]
    var warnings: [String]
  }

  private struct Done: Sendable {
    var state: DeploymentResult.ObjectState
    var generation = 0
    var warnings: [String] = []
  }

  /// What has been done so far, from many tasks.
  private final class DoneObjects: Sendable {
    private let objects = Mutex<[Manifest.ID: Done]>([:])

    var all: [Manifest.ID: Done] { objects.withLock { $0 } }

    func set(_ id: Manifest.ID, _ done: Done) { objects.withLock { $0[id] = done } }
  }

  private static let tick = Duration.milliseconds(500)

  func run() async -> Ending {
    let order = DeployOrder(of: request.manifests, dependsOn: request.dependsOn)
    let removed = plan.removals.filter { $0.isWrite }
    var machine = DeployMachine(
      order, prune: removed.map(\.id),
      settings: .init(timeout: options.timeout, agentTimeout: options.agentTimeout, isAtomic: options.isAtomic))
    let done = DoneObjects()
    let (events, feed) = AsyncStream.makeStream(of: DeployMachine.Event.self)
    let follower = RolloutFollower(
      client: client, namespace: request.namespace, system: request.system, note: { report(.note($0)) },
      tell: { feed.yield(.rollout($0, $1)) })
    var outcome: DeployMachine.Outcome?
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          while (try? await time.sleep(for: Self.tick)) != nil { feed.yield(.tick) }
        }
        var follows = false
        var told: [String: DeployMachine.AgentStep] = [:]
        var queue = machine.step(.start, at: time.now())
        var reader = events.makeAsyncIterator()
        while true {
          for action in queue {
            switch action {
            case .apply(let ids):
              for id in ids {
                group.addTask { await apply(id, done, feed) }
              }
            case .watch(let agent, let workload):
              if !follows {
                follows = true
                group.addTask { await follower.run() }
              }
              let generation = done.all[workload]?.generation ?? 0
              group.addTask { await follower.follow(agent, workload: workload, generation: generation) }
            case .unwatch(let agent): group.addTask { await follower.leave(agent) }
            case .prune(let batches):
              let ids = Set(batches.joined())
              let going = removed.filter { ids.contains($0.id) }
              group.addTask {
                let failures = await removing.remove(going, within: options.timeout)
                feed.yield(.pruned(failures: failures))
              }
            case .takeBack:
              report(.takingBack)
              group.addTask {
                feed.yield(.takenBack(failures: await takeBack(done.all.mapValues(\.state))))
              }
            case .finish(let end): outcome = end
            }
          }
          tellSteps(of: machine, &told)
          guard outcome == nil else { break }
          // A cancelled task reads nothing more from a stream: what is under way is given up, and the next run looks anew.
          guard let event = await reader.next() else {
            outcome = .interrupted(hindrance() ?? "asked to stop")
            break
          }
          if case .tick = event, machine.nextDeadline.map({ time.now() < $0 }) ?? true {
            queue = []
          } else {
            queue = machine.step(event, at: time.now())
          }
        }
        group.cancelAll()
      }
    } onCancel: {
      feed.yield(.interrupted(hindrance() ?? "asked to stop"))
    }
    return ending(outcome ?? .interrupted(hindrance() ?? "asked to stop"), machine, done.all)
  }

  private var removing: Removing {
    Removing(
      client: client, system: request.system, time: time, mayWrite: { hindrance() == nil }, report: report)
  }

  private func tellSteps(of machine: DeployMachine, _ told: inout [String: DeployMachine.AgentStep]) {
    for (agent, step) in machine.steps where told[agent] != step {
      told[agent] = step
      report(.agent(agent, step))
    }
  }

  private func ending(
    _ outcome: DeployMachine.Outcome, _ machine: DeployMachine, _ done: [Manifest.ID: Done]
  ) -> Ending {
    var objects = machine.order.ids.map { id in
      DeploymentResult.Object(id, done[id]?.state ?? (plan.documents[id] == nil ? .unchanged : .notApplied))
    }
    let isPruned: Bool = if case .deployed = outcome { true } else { false }
    objects += plan.removals.filter(\.isWrite).map { .init($0.id, isPruned ? .removed : .notRemoved) }
    return Ending(
      outcome: outcome, steps: machine.steps, rollouts: machine.rollouts, objects: objects,
      warnings: machine.order.ids.flatMap { id in (done[id]?.warnings ?? []).map { "\(id): \($0)" } })
  }

  private func apply(
    _ id: Manifest.ID, _ done: DoneObjects, _ feed: AsyncStream<DeployMachine.Event>.Continuation
  ) async {
    let live = plan.live.objects[id]
    guard let document = plan.documents[id] else {
      done.set(id, Done(state: .unchanged, generation: live?.generation ?? 0))
      feed.yield(.applied(id))
      return
    }
    if let reason = hindrance() {
      feed.yield(.interrupted(reason))
      feed.yield(.refused(id, "not applied: \(reason)"))
      return
    }
    do throws(ClusterError) {
      if let live, live.isBeingDeleted { try await waitUntilGone(live) }
      let applied = try await send(document)
      let wasThere = live.map { !$0.isBeingDeleted } ?? false
      var result = Done(
        state: !wasThere ? .created : live?.resourceVersion == applied.object.resourceVersion ? .unchanged : .changed,
        generation: applied.object.generation, warnings: applied.warnings)
      if !wasThere, !applied.created, id.kind != "Namespace" {
        result.warnings.append("somebody else made it meanwhile; it was taken over")
      }
      done.set(id, result)
      report(.applied(id, result.state))
      feed.yield(.applied(id))
    } catch {
      switch error.kind {
      case .unreachable, .timedOut, .cancelled, .serverFailure: done.set(id, Done(state: .unknown))
      default: done.set(id, Done(state: .notApplied))
      }
      if error.kind == .cancelled { feed.yield(.interrupted(hindrance() ?? "asked to stop")) }
      feed.yield(.refused(id, error.words))
    }
  }

  private func send(_ document: JSONValue) async throws(ClusterError) -> Applied {
    do throws(ClusterError) {
      return try await client.apply(document, force: options.takesFields)
    } catch {
      // The autoscaler has taken the number over since it was read.
      guard error.kind == .fieldConflict, error.causes.allSatisfy({ $0.field == InitialReplicas.path }) else {
        throw error
      }
      return try await client.apply(InitialReplicas.removed(from: document), force: options.takesFields)
    }
  }

  private func waitUntilGone(_ object: LiveObject) async throws(ClusterError) {
    while try await client.get(object.id)?.uid == object.uid {
      do { try await time.sleep(for: Self.tick) } catch {
        throw ClusterError(.cancelled, request: "GET \(object.id)", message: "cancelled")
      }
    }
  }
}

extension Removal {
  /// Whether anything is sent for it.
  var isWrite: Bool {
    switch fate {
    case .delete, .release: true
    case .leave, .gone: false
    }
  }
}

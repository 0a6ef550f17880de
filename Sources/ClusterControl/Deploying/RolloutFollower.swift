import DeployPlan
import FleetModel
import Platform

/// Follows the rollouts of agents by watches of the system's Deployments, ReplicaSets and Pods; of StatefulSets where one of
/// these is followed, of events and logs only once an agent is in trouble.
actor RolloutFollower {
  private struct Followed {
    var workload: Manifest.ID
    /// What the apply was answered with: anything older is the past.
    var generation: Int
    var last: AgentRollout?
  }

  private let client: ClusterClient
  private let namespace: String
  private let labels: String
  /// Called for each state that differs from the one before.
  private let tell: @Sendable (String, AgentRollout) -> Void
  private let note: @Sendable (String) -> Void

  private var followed: [String: Followed] = [:]
  private var workloads: [Manifest.ID: LiveObject] = [:]
  /// By agent, then by uid.
  private var replicaSets: [String: [String: LiveObject]] = [:]
  private var pods: [String: [String: LiveObject]] = [:]
  private var events: [String: LiveObject] = [:]
  private var logs: [AgentRollout.ContainerOfPod: [String]] = [:]
  /// How often the container had been restarted when its log was asked for.
  private var askedLogs: [AgentRollout.ContainerOfPod: Int] = [:]
  private let trouble: AsyncStream<Trouble>
  private let troubleFeed: AsyncStream<Trouble>.Continuation
  private var watchesEvents = false
  private var watchesStatefulSets = false

  /// What is looked at only where it matters.
  private enum Trouble: Sendable {
    case statefulSets
    case events
    case log(AgentRollout.ContainerOfPod)
  }

  private static let logLines = 10

  init(
    client: ClusterClient, namespace: String, system: String, note: @escaping @Sendable (String) -> Void,
    tell: @escaping @Sendable (String, AgentRollout) -> Void
  ) {
    self.client = client
    self.namespace = namespace
    labels = LiveReading.labels(of: system)
    self.note = note
    self.tell = tell
    (trouble, troubleFeed) = AsyncStream.makeStream()
  }

  func follow(_ agent: String, workload: Manifest.ID, generation: Int) {
    followed[agent] = Followed(workload: workload, generation: generation)
    if workload.kind == "StatefulSet", !watchesStatefulSets {
      watchesStatefulSets = true
      troubleFeed.yield(.statefulSets)
    }
    refresh(agent)
  }

  func leave(_ agent: String) { followed[agent] = nil }

  /// Watches until the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      for kind in [ResourceKind.deployment, .replicaSet, .pod] {
        group.addTask { await self.watch(kind, labels: self.labels) }
      }
      for await trouble in trouble {
        switch trouble {
        case .statefulSets: group.addTask { await self.watch(.statefulSet, labels: self.labels) }
        case .events: group.addTask { await self.watch(.event, labels: nil) }
        case .log(let container): group.addTask { await self.read(container) }
        }
      }
      group.cancelAll()
    }
  }

  private nonisolated func watch(_ kind: ResourceKind, labels: String?) async {
    do throws(ClusterError) {
      for try await event in client.watch(kind, namespace: namespace, labels: labels) { await take(event, of: kind) }
    } catch {
      if error.kind != .cancelled { await fail(error, kind) }
    }
  }

  private func fail(_ error: ClusterError, _ kind: ResourceKind) {
    guard kind == .deployment || kind == .statefulSet else {
      return note("\(kind.kind)s cannot be watched: \(error.words)")
    }
    let reason = RolloutReason(.notObserved, "its \(kind.kind) cannot be watched: \(error.words)", object: "")
    for (agent, state) in followed where state.workload.kind == kind.kind {
      tell(agent, AgentRollout(phase: .failed, reasons: [reason]))
    }
  }

  private func take(_ event: WatchEvent, of kind: ResourceKind) {
    switch event {
    case .initial(let objects):
      clear(kind)
      for object in objects { store(object, of: kind) }
      for agent in followed.keys { refresh(agent) }
    case .applied(let object):
      store(object, of: kind)
      refresh(around: object, of: kind)
    case .deleted(let object):
      remove(object, of: kind)
      refresh(around: object, of: kind)
    case .interrupted(let error): note("the API server does not answer, trying again: \(error.words)")
    }
  }

  private func agent(of object: LiveObject) -> String { SystemLabels.part(of: object) }

  private func clear(_ kind: ResourceKind) {
    switch kind {
    case .deployment, .statefulSet: workloads = workloads.filter { $0.key.kind != kind.kind }
    case .replicaSet: replicaSets = [:]
    case .pod: pods = [:]
    default: events = [:]
    }
  }

  private func store(_ object: LiveObject, of kind: ResourceKind) {
    switch kind {
    case .deployment, .statefulSet: workloads[object.id] = object
    case .replicaSet: replicaSets[agent(of: object), default: [:]][object.uid] = object
    case .pod: pods[agent(of: object), default: [:]][object.uid] = object
    default: events[object.uid] = object
    }
  }

  private func remove(_ object: LiveObject, of kind: ResourceKind) {
    switch kind {
    case .deployment, .statefulSet: workloads[object.id] = nil
    case .replicaSet: replicaSets[agent(of: object)]?[object.uid] = nil
    case .pod: pods[agent(of: object)]?[object.uid] = nil
    default: events[object.uid] = nil
    }
  }

  private func refresh(around object: LiveObject, of kind: ResourceKind) {
    if kind == .event { return followed.keys.forEach(refresh) }
    refresh(agent(of: object))
  }

  private func refresh(_ agent: String) {
    guard let state = followed[agent] else { return }
    let rollout = AgentRollout.read(
      workload: workloads[state.workload], replicaSets: replicaSets[agent].map { Array($0.values) } ?? [],
      pods: pods[agent].map { Array($0.values) } ?? [], events: Array(events.values), logs: logs,
      appliedGeneration: state.generation)
    guard rollout != state.last else { return }
    followed[agent]?.last = rollout
    askMore(about: rollout, of: state.workload)
    tell(agent, rollout)
  }

  /// Events tell what statuses do not, and logs why containers end.
  private func askMore(about rollout: AgentRollout, of workload: Manifest.ID) {
    let calm: Set<RolloutReason.Kind> = [.notObserved, .starting, .oldPods]
    let isTroubled = rollout.reasons.contains { !calm.contains($0.kind) }
    // That its pods are refused stands in no status of a StatefulSet.
    let isMute = workload.kind == "StatefulSet" && rollout.phase == .progressing && rollout.total < rollout.desired
    if !watchesEvents, isTroubled || isMute {
      watchesEvents = true
      troubleFeed.yield(.events)
    }
    for (container, reason) in zip(rollout.wantedLogs, rollout.reasons.filter { $0.kind == .crashLoop }) {
      guard askedLogs[container] != reason.restarts else { continue }
      askedLogs[container] = reason.restarts
      troubleFeed.yield(.log(container))
    }
  }

  private func read(_ container: AgentRollout.ContainerOfPod) async {
    for previous in [true, false] {
      let text = try? await client.logs(
        pod: container.pod, namespace: namespace, container: container.container.isEmpty ? nil : container.container,
        previous: previous, tailLines: Self.logLines)
      guard let text, !text.isEmpty else { continue }
      logs[container] = text.split(separator: "\n").suffix(Self.logLines).map(String.init)
      return followed.keys.forEach(refresh)
    }
  }
}

import DeployPlan
import FleetModel
import Logging
import Platform
import SystemPackage

/// The one place where the fleet's state changes: events in, machines stepped, actions out.
struct FleetLoop {
  /// What the loop acts through.
  struct Environment: Sendable {
    let probe: InstanceProbe
    let time: any TimeSource
    let random: any RandomSource
    let logger: Logger
    let onChange: @Sendable (LocalTargets) -> Void
    let events: AsyncStream<Event>.Continuation
  }

  enum Event: Sendable {
    case apply(FleetSystem)
    case report(ProcessHost.Report)
    case probed(ProcessTag, ready: Bool, alive: Bool?)
    case timer(instance: Int, deadline: Duration)
    case shutDown
  }

  /// How long an instance may take to its first readiness before it is watched all the same.
  private static let startingGrace: Duration = .seconds(10)

  private struct Instance {
    var spec: AgentSpec
    var ordinal: Int
    var createdAt: Duration
    var settings: LaunchSettings
    var port = 0
    var machine = SupervisorMachine()
    /// The earliest tick that is on its way.
    var timer: Duration?
  }

  private var settings: LaunchSettings
  private let host: ProcessHost
  private let environment: Environment
  private var wanted: [AgentID: AgentSpec] = [:]
  private var preferredPorts: [AgentID: Int] = [:]
  private var declaredPorts: Set<Int> = []
  private var instances: [Int: Instance] = [:]
  private var nextID = 0
  private var isShuttingDown = false
  private var lastTargets: LocalTargets?
  private var reportedHolds: [AgentID: String] = [:]

  init(settings: LaunchSettings, host: ProcessHost, environment: Environment) {
    self.settings = settings
    self.host = host
    self.environment = environment
  }

  /// Everything has ended after a shutdown.
  var isOver: Bool { isShuttingDown && instances.isEmpty }

  mutating func handle(_ event: Event, in group: inout DiscardingTaskGroup) {
    switch event {
    case .apply(let system): apply(system)
    case .report(let report): handle(report, in: &group)
    case .probed(let tag, let ready, let alive):
      step(tag.instance, .probed(generation: tag.generation, ready: ready, alive: alive), in: &group)
    case .timer(let id, let deadline):
      if instances[id]?.timer == deadline { instances[id]?.timer = nil }
      step(id, .tick, in: &group)
    case .shutDown:
      isShuttingDown = true
      wanted = [:]
      // All at once, in whatever state a roll is.
      for id in instances.keys.sorted() { step(id, .stop(drain: nil), in: &group) }
    }
    reconcile(in: &group)
    announceTargets()
  }

  private mutating func apply(_ system: FleetSystem) {
    guard !isShuttingDown else { return }
    settings.namespace = system.namespace
    let runnable = system.agents.filter { !$0.command.isEmpty }
    wanted = Dictionary(runnable.map { ($0.agentID, $0) }, uniquingKeysWith: { first, _ in first })
    preferredPorts = InstancePorts.preferred(in: system)
    declaredPorts = Set(system.agents.flatMap(\.ports))
  }

  private mutating func handle(_ report: ProcessHost.Report, in group: inout DiscardingTaskGroup) {
    switch report {
    case .spawned(let tag, let pid): step(tag.instance, .spawned(pid: pid), in: &group)
    case .failed(let tag, let reason):
      environment.logger.error("agent cannot be started", metadata: describe(tag.instance, "reason", reason))
      step(tag.instance, .spawnFailed(reason, jitter: jitter()), in: &group)
    case .exited(let tag, let reason):
      let isExpected = instances[tag.instance]?.machine.isStopping ?? true
      environment.logger.log(
        level: isExpected ? .info : .warning, "agent process ended",
        metadata: describe(tag.instance, "reason", reason.description))
      step(tag.instance, .exited(reason.description, jitter: jitter()), in: &group)
    case .trouble(let text): environment.logger.error("\(text)")
    }
  }

  private mutating func step(
    _ id: Int, _ event: SupervisorMachine.Event, in group: inout DiscardingTaskGroup
  ) {
    guard var instance = instances[id] else { return }
    let actions = instance.machine.step(event, at: environment.time.monotonic())
    instances[id] = instance
    for action in actions {
      switch action {
      case .spawn(let generation): launch(ProcessTag(instance: id, generation: generation), in: &group)
      case .probe(let generation, let liveness):
        probe(ProcessTag(instance: id, generation: generation), liveness: liveness, in: &group)
      case .terminate(let pid): host.terminate(pid)
      case .kill(let pid): host.kill(pid)
      case .finished: instances[id] = nil
      }
    }
    schedule(id, in: &group)
  }

  private mutating func launch(_ tag: ProcessTag, in group: inout DiscardingTaskGroup) {
    guard var instance = instances[tag.instance] else { return }
    do {
      instance.port = try port(for: instance, id: tag.instance)
      instances[tag.instance] = instance
      let request = try instance.settings.request(for: instance.spec, ordinal: instance.ordinal, port: instance.port)
      host.launch(tag, request)
    } catch {
      environment.events.yield(.report(.failed(tag, "\(error)")))
    }
  }

  /// The port it has, if still free; else the declared one, if free and its alone; else one that the system picks.
  private func port(for instance: Instance, id: Int) throws -> Int {
    let taken = Set(instances.filter { $0.key != id }.map(\.value.port))
    if instance.port != 0, !taken.contains(instance.port), LoopbackPort.isFree(instance.port) { return instance.port }
    if let preferred = preferredPorts[instance.spec.agentID], !taken.contains(preferred) {
      if LoopbackPort.isFree(preferred) { return preferred }
      environment.logger.notice(
        "declared port is taken by another program; the agent gets another one",
        metadata: describe(id, "declared_port", "\(preferred)"))
    }
    for _ in 0..<64 {
      let port = try LoopbackPort.pick()
      if !taken.contains(port), !declaredPorts.contains(port) { return port }
    }
    throw LaunchProblem(description: "the system gives no free port; end what holds them")
  }

  private func probe(_ tag: ProcessTag, liveness: Bool, in group: inout DiscardingTaskGroup) {
    guard let instance = instances[tag.instance] else { return }
    let readiness = InstancePorts.readinessURL(of: instance.spec, assigned: instance.port)
    let health = liveness ? InstancePorts.healthURL(of: instance.spec, assigned: instance.port) : nil
    group.addTask { [environment] in
      let (ready, alive) = await environment.probe.ask(readiness: readiness, health: health)
      environment.events.yield(.probed(tag, ready: ready, alive: alive))
    }
  }

  private mutating func schedule(_ id: Int, in group: inout DiscardingTaskGroup) {
    guard let instance = instances[id], let deadline = instance.machine.deadline else { return }
    if let timer = instance.timer, timer <= deadline { return }
    instances[id]?.timer = deadline
    group.addTask { [environment] in
      guard (try? await environment.time.sleep(untilMonotonic: deadline)) != nil else { return }
      environment.events.yield(.timer(instance: id, deadline: deadline))
    }
  }

  private func jitter() -> Double { Double(environment.random.next() >> 11) / Double(1 << 53) }

  private func describe(_ id: Int, _ key: String, _ value: String) -> Logger.Metadata {
    guard let instance = instances[id] else { return [key: "\(value)"] }
    return ["agent_id": "\(instance.spec.agentID)", "ordinal": "\(instance.ordinal)", key: "\(value)"]
  }
}

// MARK: - What is wanted and what runs

extension FleetLoop {
  private mutating func reconcile(in group: inout DiscardingTaskGroup) {
    guard !isShuttingDown else { return }
    let now = environment.time.monotonic()
    let agents = Set(wanted.keys).union(instances.values.map(\.spec.agentID)).sorted()
    for agent in agents {
      let count = wanted[agent].map(InstancePorts.count) ?? 0
      for planned in RollPlanner.steps(wanted: count, of: view(of: agent, at: now)) {
        switch planned {
        case .start(let ordinal): start(agent, ordinal: ordinal, at: now, in: &group)
        case .stop(let id): step(id, .stop(drain: instances[id]?.spec.drainTimeout), in: &group)
        }
      }
      noteHold(of: agent, RollPlanner.held(wanted: count, view(of: agent, at: now)))
    }
  }

  private mutating func start(
    _ agent: AgentID, ordinal: Int, at now: Duration, in group: inout DiscardingTaskGroup
  ) {
    guard let spec = wanted[agent] else { return }
    // Whoever leaves the port is waited for; its end asks again.
    if let port = preferredPorts[agent],
      instances.values.contains(where: { $0.machine.isStopping && $0.port == port })
    {
      return
    }
    nextID += 1
    instances[nextID] = Instance(spec: spec, ordinal: ordinal, createdAt: now, settings: settings)
    step(nextID, .start, in: &group)
  }

  private func view(of agent: AgentID, at now: Duration) -> [RollPlanner.Instance] {
    instances.filter { $0.value.spec.agentID == agent }.sorted { $0.key < $1.key }.map { id, instance in
      RollPlanner.Instance(
        id: id, ordinal: instance.ordinal,
        isCurrent: wanted[agent].map { runsTheSame($0, instance.spec) } ?? false
          && instance.settings.namespace == settings.namespace,
        isReady: instance.machine.state == .ready, isStopping: instance.machine.isStopping,
        blocksSuccessor: instance.port != 0 && instance.port == preferredPorts[agent],
        restarts: instance.machine.restarts, age: now - instance.createdAt)
    }
  }

  /// Whether a process of one spec may stay for the other: what only concerns the cluster or the collector restarts nothing.
  private func runsTheSame(_ left: AgentSpec, _ right: AgentSpec) -> Bool {
    left.command == right.command && left.environment == right.environment && left.ports == right.ports
      && left.healthCheck == right.healthCheck && left.image == right.image && left.tag == right.tag
  }

  private mutating func noteHold(of agent: AgentID, _ held: String?) {
    if let held, reportedHolds[agent] != held {
      environment.logger.error("roll is held", metadata: ["agent_id": "\(agent)", "reason": "\(held)"])
    }
    reportedHolds[agent] = held
  }

  /// What everybody may see.
  func published() -> (instances: [LocalInstance], rolls: [LocalRoll]) {
    let now = environment.time.monotonic()
    let sorted = instances.sorted {
      ($0.value.spec.agentID.name, $0.value.ordinal, $0.key) < ($1.value.spec.agentID.name, $1.value.ordinal, $1.key)
    }
    let list = sorted.map { _, instance in
      LocalInstance(
        agentID: instance.spec.agentID, ordinal: instance.ordinal, state: instance.machine.state,
        pid: instance.machine.pid, port: instance.port, restarts: instance.machine.restarts,
        lastExit: instance.machine.lastExit,
        logFile: LaunchSettings.logFile(
          of: instance.spec.agentID, ordinal: instance.ordinal, in: settings.logDirectory))
    }
    let rolls = wanted.keys.sorted().compactMap { agent -> LocalRoll? in
      let view = view(of: agent, at: now)
      let outdated = view.filter { !$0.isCurrent }.count
      let held = reportedHolds[agent]
      return outdated == 0 && held == nil ? nil : LocalRoll(agentID: agent, outdated: outdated, held: held)
    }
    return (list, rolls)
  }

  /// One that has just been started is left in peace until it is ready, has failed or takes too long: collections would
  /// find it down while it opens its port, and alert.
  private func isToBeWatched(_ instance: Instance) -> Bool {
    let machine = instance.machine
    if machine.isStopping || instance.port == 0 { return false }
    if machine.state != .starting || machine.lastExit != nil { return true }
    return environment.time.monotonic() - instance.createdAt >= Self.startingGrace
  }

  /// Tells of the instances that are to be watched, if they have changed.
  ///
  /// Not when all are stopped with Skep itself: it goes on with them when it is started again.
  private mutating func announceTargets() {
    guard !isShuttingDown else { return }
    let sorted = instances.sorted { $0.key < $1.key }.map(\.value)
    let targets = LocalTargets(
      watched: sorted.filter(isToBeWatched).map(target),
      ending: sorted.filter { $0.machine.isStopping && $0.machine.pid != nil }.map(target))
    guard targets != lastTargets else { return }
    lastTargets = targets
    environment.onChange(targets)
  }

  private func target(of instance: Instance) -> CollectionTarget {
    // The newest labels and endpoints, since those restart nothing.
    var spec = instance.spec
    if let current = wanted[spec.agentID], runsTheSame(current, spec) { spec = current }
    return InstancePorts.target(of: spec, port: instance.port, pid: instance.machine.pid)
  }
}

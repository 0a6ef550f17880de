public import FleetModel
public import Logging
public import Platform
public import ServiceLifecycle
import Synchronization

/// Marks the spans in flight of instances that died: they will not end any more.
///
/// An instance dies when the registry has it as lost or forgets it, and, sooner than that, when the local runtime sees its
/// process end. Its spans are those whose `service.instance.id` names it, of whichever agent they are: one process makes spans of
/// several. Senders that give no such id, or one that no registered instance has, are known by their agent alone: their spans are
/// lost when the agent has no other instance alive.
public final class LostSpans: Service {
  /// What became of an instance's spans, for those who follow what happens.
  public struct Loss: Sendable, Hashable {
    public var agent: AgentID
    /// `nil` for those of an earlier run.
    public var instance: String?
    /// The first ones, at most ``LostSpans/shown``.
    public var spans: [OpenSpan]
    public var count: Int
    public var at: Timestamp
  }

  public static let shown = 20
  /// Between two looks at all spans in flight, for deaths that nobody told of: those of an earlier run.
  private static let interval: Duration = .seconds(60)
  private static let backlog = 10_000

  private let intake: SpanIntake
  private let registry: AgentRegistry
  private let time: any TimeSource
  private let logger: Logger
  private let onLoss: @Sendable (Loss) -> Void
  private let deaths: AsyncStream<InstanceDeath>
  private let continuation: AsyncStream<InstanceDeath>.Continuation

  public init(
    intake: SpanIntake, registry: AgentRegistry, time: any TimeSource, logger: Logger,
    onLoss: @escaping @Sendable (Loss) -> Void
  ) {
    self.intake = intake
    self.registry = registry
    self.time = time
    self.logger = logger
    self.onLoss = onLoss
    (deaths, continuation) = AsyncStream.makeStream(
      of: InstanceDeath.self, bufferingPolicy: .bufferingNewest(Self.backlog))
  }

  /// Is told what becomes of instances. Returns at once.
  public func handle(_ event: InstanceEvent) {
    switch event {
    case .failed(let agent, let instance, .lost, _, let at), .removed(let agent, let instance, let at):
      continuation.yield(InstanceDeath(agent: agent, instance: instance, at: at))
    case .failed, .recovered: return
    }
  }

  /// Is told that an instance's process has ended; another one may have taken its place already. Returns at once.
  public func processEnded(of agent: AgentID, instance: String, at moment: Timestamp) {
    continuation.yield(InstanceDeath(agent: agent, instance: instance, at: moment, maybeReplaced: true))
  }

  /// Is told that every process of an agent that ran before has ended: those of an earlier run of Skep. Returns at once.
  public func earlierRunEnded(of agent: AgentID, before moment: Timestamp) {
    continuation.yield(InstanceDeath(agent: agent, instance: nil, at: moment, maybeReplaced: true))
  }

  /// Marks until cancelled or gracefully shut down.
  public func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.lookAround() }
        for await death in deaths { await mark(death) }
        group.cancelAll()
      }
    }
  }

  private func lookAround() async {
    while true {
      let open = await intake.openSpans()
      if !open.isEmpty {
        let agents = Set(open.map(\.agent))
        let instances = Set(open.compactMap(\.instance))
        for lost in registry.lostInstances()
        where agents.contains(lost.agent.name) || instances.contains(lost.instance) {
          continuation.yield(InstanceDeath(agent: lost.agent, instance: lost.instance, at: time.now()))
        }
      }
      do { try await time.sleep(for: Self.interval) } catch { return }
    }
  }

  private func mark(_ death: InstanceDeath) async {
    let open = await intake.openSpans().filter(death.concerns)
    guard !open.isEmpty else { return }
    let dead = death.spans(
      of: open, registered: registry.statuses(ofInstances: Set(open.compactMap(\.instance)), or: death.agent))
    guard !dead.isEmpty else { return }
    do throws(SpanRefusal) {
      let count = try await intake.markLost(dead.map(\.key))
      guard count > 0 else { return }
      logger.notice(
        "spans in flight are lost: their instance died",
        metadata: [
          "agent": "\(death.agent)", "instance": "\(death.instance ?? "of an earlier run")", "spans": "\(count)",
        ])
      onLoss(
        Loss(
          agent: death.agent, instance: death.instance, spans: Array(dead.prefix(Self.shown)), count: count,
          at: time.now()))
    } catch {
      // The next look around finds them again, where the registry still knows the instance.
      logger.error("spans in flight were not marked as lost", metadata: ["error": "\(error)"])
    }
  }
}

/// The end of an instance, and which spans in flight ended with it.
struct InstanceDeath: Sendable, Hashable {
  var agent: AgentID
  /// `nil` for all that an earlier run of Skep had started.
  var instance: String?
  var at: Timestamp
  /// Whether a new process may run in its place: what started after ``at`` is that one's.
  var maybeReplaced = false

  /// Whether a span may have ended with it, as far as the span itself tells.
  func concerns(_ span: OpenSpan) -> Bool {
    guard !maybeReplaced || span.start <= at.nanoseconds else { return false }
    return span.agent == agent.name || (instance != nil && span.instance == instance)
  }

  /// - Parameter registered: how the instances of the agent fare, and all that spans name, of whichever agent.
  func spans(of open: [OpenSpan], registered: [InstanceKey: AgentStatus]) -> [OpenSpan] {
    let isOnlyOne = registered.allSatisfy {
      $0.key.agent != agent || $0.key.instance == instance || $0.value == .lost
    }
    // Of instances that some agent has.
    var isAlive: [String: Bool] = [:]
    for (key, status) in registered {
      let isDead = status == .lost || (key.agent == agent && key.instance == instance)
      isAlive[key.instance, default: false] = isAlive[key.instance, default: false] || !isDead
    }
    return open.filter { span in
      guard concerns(span) else { return false }
      if let instance {
        // Another agent of the same address answers for its process.
        if span.instance == instance { return span.agent == agent.name || isAlive[instance] != true }
        guard span.instance.flatMap({ isAlive[$0] }) == nil else { return false }
        return isOnlyOne
      }
      return span.instance.flatMap { isAlive[$0] } != true
    }
  }
}

public import FleetModel
public import Logging
public import Platform
public import ServiceLifecycle
import Synchronization

/// Collects from every instance in the registry, each in a loop of its own, until it is cancelled.
///
/// The loops are children of ``run()``. Each instance has one keeper task, which runs one loop at a time: when the
/// target changes, the keeper ends the loop before it begins the next, so there are never two for one instance.
public final class CollectionService: Service {
  private let context: CollectionContext
  private let executor: @Sendable (Int) -> (any TaskExecutor)?
  /// How to wake the keeper of each instance.
  private let keepers = Mutex<[InstanceKey: AsyncStream<Void>.Continuation]>([:])

  /// - Parameters:
  ///   - metadata: where what agents say of their metrics is kept.
  ///   - executor: where the loop of the `n`-th instance runs; the cooperative pool where it gives `nil`.
  ///   - onEvent: told of every ``InstanceEvent`` in order, one at a time; must return quickly.
  public convenience init(
    configuration: IngestConfiguration, registry: AgentRegistry, appender: any SampleAppender, watch: any SampleWatch,
    http: any HTTPExchanger, resources: any ResourceReader, time: any TimeSource, logger: Logger,
    metadata: MetadataStore = MetadataStore(), exemplars: (any ExemplarAppender)? = nil,
    executor: @escaping @Sendable (_ n: Int) -> (any TaskExecutor)? = { _ in nil },
    onEvent: @escaping @Sendable (InstanceEvent) -> Void
  ) {
    self.init(
      CollectionContext(
        configuration: configuration, registry: registry, appender: appender, watch: watch, http: http,
        resources: resources, time: time, logger: logger, metrics: IngestMetrics(), metadata: metadata,
        exemplars: exemplars),
      executor: executor,
      onEvent: onEvent)
  }

  init(
    _ context: CollectionContext, executor: @escaping @Sendable (Int) -> (any TaskExecutor)? = { _ in nil },
    onEvent: @escaping @Sendable (InstanceEvent) -> Void
  ) {
    self.context = context
    self.executor = executor
    context.registry.listen(onEvent)
  }

  /// The last collected samples.
  public var recent: RecentSamples { context.recent }

  /// Between two collections of `target`.
  public func interval(of target: CollectionTarget) -> Duration { context.interval(of: target) }

  /// After which a collection of `target` is given up.
  public func timeout(of target: CollectionTarget) -> Duration { context.timeout(of: target) }

  public func totals() -> CollectionTotals {
    CollectionTotals(
      samplesCollected: context.samplesCollected.load(ordering: .relaxed), agentMetricPairs: context.budget.pairs)
  }

  /// Collects until the task is cancelled or a graceful shutdown begins. Before it returns every loop has ended and the
  /// registry's state is written. Series are not marked stale: a restart goes on with them.
  public func run() async throws {
    if let notice = context.registry.recoveryNotice { context.logger.warning("\(notice)") }
    await cancelWhenGracefulShutdown { await self.collect() }
    do {
      try await context.registry.save(always: true)
    } catch {
      context.logger.error("the registry's state was not written", metadata: ["error": "\(error)"])
    }
  }

  private func collect() async {
    let changes = context.registry.changes()
    await withDiscardingTaskGroup { group in
      group.addTask { await self.keepStateWritten() }
      if !context.configuration.discoveryFiles.isEmpty {
        group.addTask { [context] in
          var discovery = FileDiscovery(
            context.configuration.discoveryFiles, registry: context.registry, time: context.time, logger: context.logger
          )
          await discovery.run()
        }
      }
      var started = 0
      for await _ in changes {
        for key in context.registry.takeChanges() {
          guard let wakeups = wakeKeeper(of: key) else { continue }
          group.addTask(executorPreference: executor(started)) { await self.keep(key, wakeups) }
          started += 1
        }
      }
      group.cancelAll()
    }
  }

  /// Wakes the instance's keeper. Returns the stream for a new one if it needs one and has none.
  private func wakeKeeper(of key: InstanceKey) -> AsyncStream<Void>? {
    keepers.withLock { keepers in
      if let keeper = keepers[key] {
        keeper.yield()
        return nil
      }
      guard context.registry.assignment(for: key) != nil else { return nil }
      let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
      keepers[key] = continuation
      return stream
    }
  }

  /// Runs the instance's loops, one after the other, for as long as it is registered.
  private func keep(_ key: InstanceKey, _ wakeups: AsyncStream<Void>) async {
    let series = SeriesHandover()
    while !Task.isCancelled, let assignment = context.registry.assignment(for: key) {
      series.prepare(for: assignment.target, context)
      let context = context
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          let loop = series.loop(assignment, context)
          await loop.run()
          series.giveBack(loop)
        }
        for await _ in wakeups where context.registry.assignment(for: key)?.revision != assignment.revision { break }
        group.cancelAll()
        await group.waitForAll()
      }
    }
    if !Task.isCancelled { series.end(at: context.time.now()) }
    keepers.withLock { $0[key] = nil }
    // It may have been registered again since the loop ended, when this keeper still seemed to be there for it.
    if context.registry.assignment(for: key) != nil { context.registry.touch(key) }
  }

  private func keepStateWritten() async {
    var lastError: String?
    while true {
      do { try await context.time.sleep(for: .seconds(1)) } catch { return }
      do {
        try await context.registry.save()
        lastError = nil
      } catch {
        if "\(error)" != lastError {
          context.logger.error("the registry's state was not written", metadata: ["error": "\(error)"])
        }
        lastError = "\(error)"
      }
    }
  }
}

/// Hands an instance's series from one loop's task to the next without a second owner, which would make every change copy
/// them.
///
/// Its functions are not inlined: what they have in hand for a moment would become part of the frame of a task that waits for
/// ever, thousands of bytes for each instance.
private final class SeriesHandover: Sendable {
  private let series = Mutex<InstanceSeries?>(nil)

  /// After a change of the target: the same series, unless the change gives them other labels.
  @inline(never) func prepare(for target: CollectionTarget, _ context: CollectionContext) {
    series.withLock { series in
      if series?.target == TargetLabels(target) { return }
      series?.end(at: context.time.now())
      series = InstanceSeries(target, context: context)
    }
  }

  /// A loop that takes the series with it.
  @inline(never) func loop(_ assignment: AgentRegistry.Assignment, _ context: CollectionContext) -> InstanceLoop {
    let taken = series.withLock { series in
      defer { series = nil }
      return series
    }
    guard let taken else { preconditionFailure("BUG: series handed over twice") }
    return InstanceLoop(assignment, series: taken, context: context)
  }

  @inline(never) func giveBack(_ loop: InstanceLoop) { series.withLock { $0 = loop.takeSeries() } }

  @inline(never) func end(at now: Timestamp) { series.withLock { $0?.end(at: now) } }
}

public struct CollectionTotals: Sendable, Hashable {
  public var samplesCollected = 0
  /// Distinct pairs of agent and metric name.
  public var agentMetricPairs = 0

  public init() {}

  init(samplesCollected: Int, agentMetricPairs: Int) {
    self.samplesCollected = samplesCollected
    self.agentMetricPairs = agentMetricPairs
  }
}

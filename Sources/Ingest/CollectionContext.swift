import FleetModel
import Logging
import Platform
import Synchronization

/// What all loops of one service share.
final class CollectionContext: Sendable {
  let configuration: IngestConfiguration
  let registry: AgentRegistry
  let appender: any SampleAppender
  let watch: any SampleWatch
  let exemplars: (any ExemplarAppender)?
  let http: any HTTPExchanger
  let resources: any ResourceReader
  let time: any TimeSource
  let logger: Logger
  let metrics: IngestMetrics
  let budget: SeriesBudget
  let metadata: MetadataStore
  let recent: RecentSamples
  let samplesCollected = Atomic<Int>(0)
  let host: HostReadings
  let scratch = ScratchPool()
  /// For hash tables of what agents name.
  let seed = SystemRandom().next()

  init(
    configuration: IngestConfiguration, registry: AgentRegistry, appender: any SampleAppender, watch: any SampleWatch,
    http: any HTTPExchanger, resources: any ResourceReader, time: any TimeSource, logger: Logger,
    metrics: IngestMetrics, metadata: MetadataStore = MetadataStore(), exemplars: (any ExemplarAppender)? = nil
  ) {
    self.configuration = configuration
    self.registry = registry
    self.appender = appender
    self.watch = watch
    self.exemplars = exemplars
    self.http = http
    self.resources = resources
    self.time = time
    self.logger = logger
    self.metrics = metrics
    self.metadata = metadata
    budget = SeriesBudget(limits: configuration.limits, seed: seed)
    recent = RecentSamples(capacity: configuration.recentSamples, store: appender)
    host = HostReadings(resources: resources, time: time)
  }

  func interval(of target: CollectionTarget) -> Duration {
    max(target.interval ?? configuration.collectionInterval, .milliseconds(10))
  }

  /// Never above the interval.
  func timeout(of target: CollectionTarget) -> Duration {
    min(max(target.timeout ?? configuration.collectionTimeout, .milliseconds(1)), interval(of: target))
  }

  /// Lost after three intervals.
  func policy(of target: CollectionTarget) -> LivenessPolicy {
    LivenessPolicy(failureThreshold: max(configuration.failureThreshold, 1), lostAfter: interval(of: target) * 3)
  }
}

/// What the machine uses, read at most five times a second however many instances ask.
///
/// Reading `/proc` takes tens of microseconds and never waits for a disk, so it may happen on a task's thread.
final class HostReadings: Sendable {
  private static let maximumAge: Duration = .milliseconds(200)

  private struct State {
    var usage: HostUsage?
    var readAt: Duration?
    var machineMemory: UInt64?
  }

  private let resources: any ResourceReader
  private let time: any TimeSource
  private let state = Mutex(State())

  init(resources: any ResourceReader, time: any TimeSource) {
    self.resources = resources
    self.time = time
  }

  func usage() -> HostUsage? {
    let now = time.monotonic()
    return state.withLock { state in
      if let readAt = state.readAt, now - readAt < Self.maximumAge { return state.usage }
      state.usage = resources.host()
      state.readAt = now
      state.machineMemory = state.usage?.memoryTotalBytes ?? state.machineMemory
      return state.usage
    }
  }

  /// The machine's memory in bytes; read once.
  func memory() -> UInt64? { state.withLock { $0.machineMemory } ?? usage()?.memoryTotalBytes }
}

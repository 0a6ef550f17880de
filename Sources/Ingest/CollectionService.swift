public import FleetModel
public import Logging
public import Platform
public import ServiceLifecycle

/// Collects from every instance in the registry, each in a loop of its own, until it is cancelled.
public final class CollectionService: Service {
  public init(
    configuration: IngestConfiguration, registry: AgentRegistry, appender: any SampleAppender, watch: any SampleWatch,
    http: any HTTPExchanger, resources: any ResourceReader, time: any TimeSource, logger: Logger,
    onEvent: @escaping @Sendable (InstanceEvent) -> Void
  ) { fatalError("to be written") }

  /// The last collected samples.
  public var recent: RecentSamples { fatalError("to be written") }

  public func totals() -> CollectionTotals { fatalError("to be written") }

  public func run() async throws { fatalError("to be written") }
}

public struct IngestConfiguration: Sendable {
  public var collectionInterval: Duration = .seconds(30)
  public var collectionTimeout: Duration = .seconds(10)
  /// Failed collections or health checks in a row that make an instance unhealthy.
  public var failureThreshold = 1
  public var limits = IngestLimits()
  /// `file_sd` files (or globs) to follow.
  public var discoveryFiles: [String] = []
  /// How many samples ``RecentSamples`` holds.
  public var recentSamples = 10_000

  public init() {}
}

public struct IngestLimits: Sendable, Hashable {
  public var bodyBytes = 16 << 20
  public var samplesPerCollection = 50_000
  public var labelsPerSeries = 64
  public var labelNameBytes = 1 << 10
  public var labelValueBytes = 4 << 10
  public var seriesPerAgent = 100_000
  public var seriesInAll = 5_000_000

  public init() {}
}

public struct CollectionTotals: Sendable, Hashable {
  public var samplesCollected = 0
  /// Distinct pairs of agent and metric name.
  public var agentMetricPairs = 0

  public init() {}
}

/// The last collected samples in order of arrival.
public final class RecentSamples: Sendable {
  /// The last `limit` samples that fit, oldest first.
  public func read(agentID: String?, metricName: String?, limit: Int) -> [RecentSample] { fatalError("to be written") }

  init() {}
}

/// How Skep collects.
public struct IngestConfiguration: Sendable {
  public var collectionInterval: Duration = .seconds(30)
  public var collectionTimeout: Duration = .seconds(10)
  /// Whether instances are asked for native histograms, which takes another form than text; a histogram that comes as a native one
  /// does not come as classic series too.
  public var nativeHistograms = false
  /// Failed collections or health checks in a row that make an instance unhealthy.
  public var failureThreshold = 1
  public var limits = IngestLimits()
  /// As long as the store keeps samples. Older ones are refused, as out of order.
  public var retention: Duration = .seconds(15 * 86_400)
  /// `file_sd` files (or globs) to follow.
  public var discoveryFiles: [String] = []
  /// How many samples ``RecentSamples`` holds.
  public var recentSamples = 10_000

  public init() {}
}

/// Bounds on what agents may send. Over one of them a collection is refused whole, and the agent's status says why.
public struct IngestLimits: Sendable, Hashable {
  /// After decompression.
  public var bodyBytes = 16 << 20
  public var samplesPerCollection = 50_000
  /// Those that Skep adds included.
  public var labelsPerSeries = 64
  public var labelNameBytes = 1 << 10
  public var labelValueBytes = 4 << 10
  /// Over all instances of the agent.
  public var seriesPerAgent = 100_000
  public var seriesInAll = 5_000_000

  public init() {}
}

/// A limit that was exceeded; `rawValue` is the label `limit` of `skep_ingest_limit_exceeded_total`.
enum LimitName: String, Sendable, CaseIterable {
  case bodyBytes = "body_bytes"
  case samplesPerCollection = "samples_per_collection"
  case labelsPerSeries = "labels_per_series"
  case labelNameBytes = "label_name_bytes"
  case labelValueBytes = "label_value_bytes"
  case seriesPerAgent = "series_per_agent"
  case seriesInAll = "series_in_all"
  case storeSeries = "store_series"
}

/// Why a collection was refused.
struct CollectionFailure: Error, Sendable, Hashable {
  enum Reason: String, Sendable, CaseIterable {
    case connect, timeout, status, response, parse, limit, health, process
  }

  var reason: Reason
  var message: String
  var limit: LimitName?

  init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }

  init(over limit: LimitName, _ message: String) {
    reason = .limit
    self.limit = limit
    self.message = message
  }
}

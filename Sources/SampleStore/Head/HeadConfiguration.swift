public import FleetModel

/// What a ``HeadStore`` keeps, and how much.
public struct HeadConfiguration: Sendable {
  /// Samples older than this go at ``HeadStore/expire(now:)``.
  public var retention: Duration
  /// Above this, the oldest samples go at ``HeadStore/expire(now:)`` whatever their age; `nil`: no bound.
  public var maximumBytes: UInt64?
  public var maximumSeries: Int
  /// A series without samples is forgotten this long after its last append.
  public var seriesLifetime: Duration
  /// How much older than the newest sample of its series a sample may be; zero: every sample must be newer.
  public var outOfOrderWindow: Duration
  /// Seeds the hash of labels; `nil`: another one in each process, so that nobody can send labels that collide.
  public var hashSeed: UInt64?

  public init(
    retention: Duration = .seconds(15 * 86_400), maximumBytes: UInt64? = nil, maximumSeries: Int = 5_000_000,
    seriesLifetime: Duration = .seconds(15 * 60), outOfOrderWindow: Duration = .seconds(600), hashSeed: UInt64? = nil
  ) {
    self.retention = retention
    self.maximumBytes = maximumBytes
    self.maximumSeries = maximumSeries
    self.seriesLifetime = seriesLifetime
    self.outOfOrderWindow = outOfOrderWindow
    self.hashSeed = hashSeed
  }
}

/// What a ``HeadStore`` holds.
public struct HeadStatistics: Sendable, Hashable {
  public struct LabelCardinality: Sendable, Hashable {
    public var name: String
    /// Values that series carry at present.
    public var values: Int
  }

  public var series = 0
  public var samples: UInt64 = 0
  /// Those of them that lie beside the chunks because they came late.
  public var lateSamples = 0
  /// Open ones included.
  public var chunks = 0
  /// Bytes of texts, labels of series and their tables.
  public var labelBytes = 0
  /// Bytes of the series' own records and of the postings.
  public var indexBytes = 0
  /// Bytes of compressed samples in use, and of late ones.
  public var chunkBytes = 0
  /// Bytes taken from the system: the above, and what is kept for use.
  public var reservedBytes = 0
  /// Nothing is stored before this; `nil` without samples. Exact after ``HeadStore/expire(now:)``, else a lower bound.
  public var oldest: Timestamp?
  public var newest: Timestamp?
  /// The names with the most values, most first; at most ten.
  public var widestLabels: [LabelCardinality] = []
  /// Since the store began.
  public var appended: UInt64 = 0
  public var outOfOrder: UInt64 = 0
  public var duplicateTimestamp: UInt64 = 0
  /// How often a chunk could not be read: its image was made from damaged memory or by another program.
  public var unreadableChunks = 0

  public init() {}

  public var bytes: Int { labelBytes + indexBytes + chunkBytes }
}

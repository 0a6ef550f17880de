public import FleetModel

/// Where samples are kept (`storage`).
public struct StorageOptions: Sendable, Hashable {
  /// Between two syncs of the write-ahead log; `nil` syncs before every acknowledgement (`always`).
  public var fsyncInterval: Duration? = .seconds(1)
  public var outOfOrderWindow: Duration = .seconds(600)
  /// Of all series together; 0 keeps none.
  public var maximumExemplars = 100_000
  public var remoteWrite: [RemoteWrite] = []
  /// A Prometheus-compatible engine that answers queries in place of the embedded store.
  public var queryURL: String?
  /// How queries to `queryURL` prove who they are.
  public var queryHTTP = HTTPClientOptions()

  public init() {}

  public struct RemoteWrite: Sendable, Hashable {
    public var url = ""
    /// Unique; `nil` takes the URL's host.
    public var name: String?
    public var timeout: Duration = .seconds(30)
    public var headers: [String: SecretText] = [:]
    /// Bytes that may wait on disk.
    public var queueSize: UInt64 = 1 << 30
    public var http = HTTPClientOptions()

    public init() {}
  }
}

/// Where spans are kept and sent on to (`tracing`).
public struct TracingOptions: Sendable, Hashable {
  public var retention: Duration = .seconds(7 * 86_400)
  /// In bytes; `nil` without a bound.
  public var retentionSize: UInt64?
  public var forward: [Forward] = []

  public init() {}

  public struct Forward: Sendable, Hashable {
    /// An OTLP/HTTP back end.
    public var endpoint = ""
    public var headers: [String: SecretText] = [:]
    public var timeout: Duration = .seconds(10)
    public var http = HTTPClientOptions()

    public init() {}
  }
}

/// What one collection, one agent and the whole may bring (`limits`).
public struct CollectionLimits: Sendable, Hashable {
  /// Bytes, after decompression.
  public var bodySize: UInt64 = 16 << 20
  public var samplesPerCollection = 50_000
  public var labelsPerSeries = 64
  /// Bytes.
  public var labelNameLength: UInt64 = 1 << 10
  /// Bytes.
  public var labelValueLength: UInt64 = 4 << 10
  public var seriesPerAgent = 100_000
  public var seriesTotal = 5_000_000

  public init() {}
}

/// What tokens cost (`prices`).
public struct PriceTable: Sendable, Hashable {
  /// ISO 4217.
  public var currency = "USD"
  /// The first that fits a model counts.
  public var models: [Price] = []

  public init() {}

  /// Per million tokens.
  public struct Price: Sendable, Hashable {
    /// A glob over model names.
    public var model = ""
    /// `nil` fits any.
    public var provider: String?
    public var input = 0.0
    public var output = 0.0
    /// Input tokens read from a cache; `nil` costs as other input.
    public var cachedInput: Double?

    public init() {}
  }
}

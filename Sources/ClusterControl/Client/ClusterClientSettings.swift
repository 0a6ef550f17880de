/// How a ``ClusterClient`` treats its server.
public struct ClusterClientSettings: Sendable {
  /// What the server's audit log says of who asked; `skep/VERSION`.
  public var userAgent: String
  /// Requests under way at once; watches are not counted.
  public var maximumInFlight: Int
  /// Requests in a second, on average; `nil` for as many as the server answers.
  public var queriesPerSecond: Int?
  /// Requests at once before ``queriesPerSecond`` slows them down.
  public var burst: Int
  /// Until a connection is there, TLS included.
  public var connectTimeout: Duration
  /// For one try of one request, its answer included.
  public var requestTimeout: Duration
  /// How often a request is sent at most, if the failures allow that it is sent again.
  public var attempts: Int
  /// Between the first and the second try; doubles with each further one, up to ``longestPause``.
  public var firstPause: Duration
  /// The longest pause between tries, and the longest that a server's `Retry-After` is honoured.
  public var longestPause: Duration
  /// How long the server keeps a watch open. A connection that is dead without saying so is found out soon after.
  public var watchDuration: Duration
  /// Objects in one page of a list.
  public var pageSize: Int
  /// A longer answer is refused, decompressed or not.
  public var answerLimit: Int

  public init(
    userAgent: String = "skep", maximumInFlight: Int = 16, queriesPerSecond: Int? = 500, burst: Int = 1_000,
    connectTimeout: Duration = .seconds(10), requestTimeout: Duration = .seconds(30), attempts: Int = 6,
    firstPause: Duration = .milliseconds(250), longestPause: Duration = .seconds(30),
    watchDuration: Duration = .seconds(60), pageSize: Int = 500, answerLimit: Int = 256 << 20
  ) {
    self.userAgent = userAgent
    self.maximumInFlight = max(1, maximumInFlight)
    self.queriesPerSecond = queriesPerSecond
    self.burst = max(1, burst)
    self.connectTimeout = connectTimeout
    self.requestTimeout = requestTimeout
    self.attempts = max(1, attempts)
    self.firstPause = firstPause
    self.longestPause = longestPause
    self.watchDuration = watchDuration
    self.pageSize = max(1, pageSize)
    self.answerLimit = answerLimit
  }
}

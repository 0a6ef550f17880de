import FleetModel
public import PromQL

/// What the query routes ask of the rest of Skep: somewhere to read, and somewhere to calculate.
protocol QueryOperations: Sendable {
  /// The wall clock.
  func now() -> Timestamp
  var source: any SeriesSource { get }
  var exemplars: any ExemplarSource { get }
  var limits: QueryLimits { get }

  /// Runs `work` apart from everything else: on a thread kept for queries, when one is free. Cancelled with the caller's task.
  ///
  /// - Parameters:
  ///   - query: as asked, for the log.
  ///   - timeout: shorter than that of the limits, or `nil`.
  /// - Throws: what `work` throws; ``PrometheusError`` of kind `timeout` if no thread became free in time.
  func run<Value: Sendable>(
    _ query: String, within timeout: Duration?, _ work: @Sendable (QueryTurn) async throws -> Value
  ) async throws -> Value
}

/// What queries may take: the one place for all of it. The defaults are Prometheus'.
public struct QueryLimits: Sendable {
  /// For waiting and for calculating together.
  public var timeout: Duration = .seconds(120)
  /// Queries calculated at one time; others wait.
  public var concurrency = 20
  /// Samples that one query may hold in memory.
  public var samples = 50_000_000
  /// How far back a selector looks for the latest sample.
  public var lookback: Duration = .seconds(300)
  /// Points of each series of a range query.
  public var points = 11_000
  /// Threads that one large query may calculate on; `nil`: on one.
  public var spread: ThreadSpread? = .processors
  /// A query that takes longer is noted in the log.
  public var slow: Duration = .seconds(5)

  public init() {}
}

/// A query's leave to calculate.
struct QueryTurn: Sendable {
  /// Whether its time is over; asked now and then while calculating.
  var isOverdue: @Sendable () -> Bool
  /// A clock that never goes back.
  var monotonic: @Sendable () -> Duration
  /// When it was asked, on that clock.
  var began: Duration
  /// How long it waited for its turn.
  var waited: Duration

  /// - Throws: ``PrometheusError`` once its time is over.
  func check() throws {
    if isOverdue() { throw PrometheusError(.timeout, "query timed out while series were looked up") }
  }
}

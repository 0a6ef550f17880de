/// How queries are read and evaluated.
public struct EngineOptions: Sendable {
  public var parser = ParserOptions()
  /// How far back a selector looks for the latest sample, in milliseconds.
  public var lookback: Int64 = 300_000
  /// The step of a subquery that names none, in milliseconds.
  public var defaultSubqueryStep: Int64 = 60_000
  /// A selection that several parts of a query, or several queries, look at is decoded once if it has no more samples than
  /// this, else each time it is looked at.
  public var decodedSamples = 4_000_000
  /// Where one query may calculate on several threads; `nil`: on that of its caller alone.
  public var spread: ThreadSpread?
  /// A query that would hold more points than this at one time is refused.
  public var maximumSamples = 50_000_000
  /// The labels `__type__` and `__unit__` go where a metric's name goes.
  public var typeAndUnitLabels = false

  /// Whether to count the samples of each step. It takes about as long as selecting them again.
  public var countsSamples = false

  public init() {}

  /// With all that Prometheus has behind feature flags, as far as it is here.
  public static var experimental: EngineOptions {
    var options = EngineOptions()
    options.parser = .experimental
    options.typeAndUnitLabels = true
    return options
  }
}

/// Threads that an evaluation may use beside its own. The module itself starts none.
public struct ThreadSpread: Sendable {
  public var threads: Int
  /// Points decoded and written below which one thread is quicker: some milliseconds.
  public var leastWork = 1 << 20
  /// Calls the work with 0, 1 and so on below a number, as many at once as there are threads free, among them the caller's; returns
  /// when all calls have.
  public var run: @Sendable (_ count: Int, _ work: @Sendable (Int) -> Void) -> Void

  public init(threads: Int, run: @escaping @Sendable (_ count: Int, _ work: @Sendable (Int) -> Void) -> Void) {
    precondition(threads > 0, "BUG: a spread over \(threads) threads")
    self.threads = threads
    self.run = run
  }
}

/// Asked often whether a query should stop; finds out only now and then.
struct QueryWatch {
  let isOverdue: @Sendable () -> Bool
  private var countdown = 0

  init(isOverdue: @escaping @Sendable () -> Bool) { self.isOverdue = isOverdue }

  /// - Parameter work: points that are about to be looked at.
  @inline(__always)
  mutating func checkpoint(_ work: Int = 1) throws(QueryError) {
    countdown -= work
    if countdown <= 0 { try look() }
  }

  @inline(never)
  private mutating func look() throws(QueryError) {
    countdown = 100_000
    if Task.isCancelled { throw .canceled }
    if isOverdue() { throw .timeout }
  }
}

/// Watches what a query takes.
struct QueryBudget {
  let maximumSamples: Int
  private(set) var held = 0
  private(set) var peak = 0
  private(set) var watch: QueryWatch

  init(maximumSamples: Int, isOverdue: @escaping @Sendable () -> Bool) {
    self.maximumSamples = maximumSamples
    watch = QueryWatch(isOverdue: isOverdue)
  }

  mutating func hold(_ points: Int) throws(QueryError) {
    held += points
    peak = max(peak, held)
    if held > maximumSamples { throw .tooManySamples }
  }

  /// Only `points` are held any longer.
  mutating func settle(at points: Int) { held = points }

  /// - Parameter work: points that are about to be looked at.
  mutating func checkpoint(_ work: Int = 1) throws(QueryError) { try watch.checkpoint(work) }
}

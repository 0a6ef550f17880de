/// How queries are read and evaluated.
public struct EngineOptions: Sendable {
  public var parser = ParserOptions()
  /// How far back a selector looks for the latest sample, in milliseconds.
  public var lookback: Int64 = 300_000
  /// The step of a subquery that names none, in milliseconds.
  public var defaultSubqueryStep: Int64 = 60_000
  /// A selection of more samples than this is decoded series by series, each time it is looked at; a smaller one once.
  public var decodedSamples = 4_000_000
  /// A query that would hold more points than this at one time is refused.
  public var maximumSamples = 50_000_000

  /// Whether to count the samples of each step. It takes about as long as selecting them again.
  public var countsSamples = false

  public init() {}
}

/// Watches what a query takes. Asked often; asks itself only now and then whether the query should stop.
struct QueryBudget {
  let maximumSamples: Int
  let isOverdue: @Sendable () -> Bool
  private(set) var held = 0
  private(set) var peak = 0
  private var countdown = 0

  init(maximumSamples: Int, isOverdue: @escaping @Sendable () -> Bool) {
    self.maximumSamples = maximumSamples
    self.isOverdue = isOverdue
  }

  mutating func hold(_ points: Int) throws(QueryError) {
    held += points
    peak = max(peak, held)
    if held > maximumSamples { throw .tooManySamples }
  }

  /// Only `points` are held any longer.
  mutating func settle(at points: Int) { held = points }

  /// - Parameter work: points that are about to be looked at.
  mutating func checkpoint(_ work: Int = 1) throws(QueryError) {
    countdown -= work
    if countdown > 0 { return }
    countdown = 100_000
    if Task.isCancelled { throw .canceled }
    if isOverdue() { throw .timeout }
  }
}

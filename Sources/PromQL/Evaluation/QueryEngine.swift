public import FleetModel

/// Evaluates queries on the series of a source.
///
/// A query goes through these stages: text → tokens → expression → type check → selections → series → matrices → answer. Only
/// fetching the series waits for anything; what follows is one calculation.
public struct QueryEngine: Sendable {
  public var options: EngineOptions

  public init(options: EngineOptions = EngineOptions()) { self.options = options }

  public func parse(_ query: String) throws(QueryError) -> ParsedQuery {
    do {
      return try ParsedQuery(query, options: options.parser)
    } catch {
      throw .parse(error)
    }
  }

  /// The query's value at one time.
  ///
  /// - Parameter isOverdue: asked now and then; the query ends with ``QueryError/timeout`` once it says true.
  public func instant(
    _ query: ParsedQuery, at time: Timestamp, source: some SeriesSource,
    isOverdue: @escaping @Sendable () -> Bool = { false }
  ) async throws(QueryError) -> QueryOutcome {
    let grid = StepGrid(at: StepGrid.clamped(time.milliseconds))
    let query = try query.resolved(in: grid, isRange: false)
    let evaluator = try await prepare(query, grid, isRange: false, source: source, isOverdue: isOverdue)
    return try evaluator.counted(query.expression, try evaluator.instantOutcome(query.expression))
  }

  /// The query's value at `start`, `start + step` and so on up to `end`.
  ///
  /// - Precondition: `step` is positive.
  public func range(
    _ query: ParsedQuery, from start: Timestamp, through end: Timestamp, step: Duration, source: some SeriesSource,
    isOverdue: @escaping @Sendable () -> Bool = { false }
  ) async throws(QueryError) -> QueryOutcome {
    let type = query.expression.type
    guard type == .scalar || type == .vector else {
      throw .execution(
        "invalid expression type \"\(type.rawValue)\" for range query, must be Scalar or instant Vector")
    }
    let step = step.wholeMilliseconds
    precondition(step > 0, "BUG: a range query without a step")
    let grid = StepGrid(
      from: StepGrid.clamped(start.milliseconds), through: StepGrid.clamped(end.milliseconds), step: step)
    let query = try query.resolved(in: grid, isRange: true)
    let evaluator = try await prepare(query, grid, isRange: true, source: source, isOverdue: isOverdue)
    return try evaluator.counted(query.expression, try evaluator.rangeOutcome(query.expression))
  }

  /// What ``instant(_:at:source:isOverdue:)`` would ask of the store.
  public func selections(_ query: ParsedQuery, at time: Timestamp) -> [Selection] {
    let grid = StepGrid(at: StepGrid.clamped(time.milliseconds))
    let resolved = (try? query.resolved(in: grid, isRange: false)) ?? query
    return SelectionPlan(resolved.expression, grid, options).entries.map(\.selection)
  }

  func prepare(
    _ query: ParsedQuery, _ grid: StepGrid, isRange: Bool, source: some SeriesSource,
    sharing shared: SharedReadings = SharedReadings(), isOverdue: @escaping @Sendable () -> Bool
  ) async throws(QueryError) -> Evaluator {
    var budget = QueryBudget(maximumSamples: options.maximumSamples, isOverdue: isOverdue)
    if grid.count > options.maximumSamples { throw .tooManySamples }
    var data = SelectedData()
    var statistics = QueryStatistics()
    for entry in SelectionPlan(query.expression, grid, options).entries {
      let series =
        if let known = shared.series(entry.selection) { known } else { try await open(entry, source, budget) }
      let decoded = series.decodedSamples
      try budget.hold(decoded)
      try budget.checkpoint(decoded)
      statistics.samplesRead += decoded
      statistics.seriesRead += series.count
      data.add(entry.selection, series)
    }
    return Evaluator(
      options: options, outer: grid, isRange: isRange, data: data, budget: budget, statistics: statistics)
  }

  func open(
    _ entry: SelectionPlan.Entry, _ source: some SeriesSource, _ budget: QueryBudget
  ) async throws(QueryError) -> OpenedSelection {
    let selection = entry.selection
    do {
      let from = Timestamp(milliseconds: selection.from)
      let through = Timestamp(milliseconds: selection.through)
      let series =
        entry.isLatest
        ? try await source.openLatest(selection.matchers, from: from, through: through)
        : try await source.open(selection.matchers, from: from, through: through)
      if series.hasHistograms { return try series.decodedWithHistograms(budget) }
      return entry.readers > 1 ? try series.decoded(upTo: options.decodedSamples) : series
    } catch is CancellationError {
      throw .canceled
    } catch let error as QueryError {
      throw error
    } catch {
      throw .storage("expanding series: \(error)")
    }
  }
}

extension OpenedSelection {
  /// Samples that are held in memory.
  fileprivate var decodedSamples: Int {
    switch self {
    case .decoded(let series): series.reduce(0) { $0 + $1.samples.count + $1.histograms.points }
    case .encoded: 0
    }
  }

  /// Decoded, unless that would be more than `limit` samples.
  fileprivate func decoded(upTo limit: Int) throws -> OpenedSelection {
    guard case .encoded(let all) = self, all.sampleCount <= limit else { return self }
    var buffer = SampleBuffer()
    var series: [SelectedSeries] = []
    series.reserveCapacity(all.labels.count)
    for (row, labels) in all.labels.enumerated() {
      buffer.removeAll()
      try all.decode(row, &buffer)
      series.append(SelectedSeries(labels: labels, samples: buffer.columns(0..<buffer.count)))
    }
    return .decoded(series)
  }
}

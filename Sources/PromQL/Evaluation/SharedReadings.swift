public import FleetModel

/// Series that were read once for several queries of one moment.
public struct SharedReadings: Sendable {
  private struct Reading: Sendable {
    var selection: Selection
    var series: OpenedSelection
  }

  private var readings: [[LabelMatcher]: [Reading]] = [:]

  public init() {}

  mutating func add(_ selection: Selection, _ series: OpenedSelection) {
    readings[selection.matchers, default: []].append(Reading(selection: selection, series: series))
  }

  /// Whether anything was read for `matchers`.
  public func holds(_ matchers: [LabelMatcher]) -> Bool { readings[matchers] != nil }

  /// Gives up what was read for `matchers`.
  public mutating func remove(_ matchers: [LabelMatcher]) { readings[matchers] = nil }

  /// What holds the whole of `selection`.
  func series(_ selection: Selection) -> OpenedSelection? {
    readings[selection.matchers]?.first { $0.selection.covers(selection) }?.series
  }
}

extension Selection {
  fileprivate func covers(_ other: Selection) -> Bool { from <= other.from && through >= other.through }
}

extension QueryEngine {
  /// Reads `selections`, each stretch of time once, for queries to come.
  public func read(
    _ selections: [Selection], into shared: inout SharedReadings, source: some SeriesSource
  ) async throws(QueryError) {
    for entry in SelectionPlan.merged(selections.map { SelectionPlan.Entry(selection: $0) }) {
      shared.add(
        entry.selection, try await open(entry, source, QueryBudget(maximumSamples: options.maximumSamples) { false }))
    }
  }

  /// As ``instant(_:at:source:isOverdue:)``; what `shared` holds is not read again.
  public func instant(
    _ query: ParsedQuery, at time: Timestamp, sharing shared: SharedReadings, source: some SeriesSource,
    isOverdue: @escaping @Sendable () -> Bool = { false }
  ) async throws(QueryError) -> QueryOutcome {
    let grid = StepGrid(at: StepGrid.clamped(time.milliseconds))
    let query = try query.resolved(in: grid, isRange: false)
    let evaluator = try await prepare(
      query, grid, isRange: false, source: source, sharing: shared, isOverdue: isOverdue)
    return try evaluator.instantOutcome(query.expression)
  }
}

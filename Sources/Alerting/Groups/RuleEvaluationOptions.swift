public import PromQL

/// What may be set about the evaluation of rule groups.
public struct RuleEvaluationOptions: Sendable {
  public var engine = QueryEngine()
  /// How far back the expressions of a group look that has no `query_offset`.
  public var queryOffset: Duration = .zero
  /// How long an outage may last after which `for` goes on where it stood.
  public var outageTolerance: Duration = .seconds(3600)
  /// The least time that a restored pending alert waits.
  public var gracePeriod: Duration = .seconds(600)
  /// `$externalURL` of templates.
  public var externalURL = ""
  /// `$externalLabels` of templates.
  public var externalLabels: [String: String] = [:]
  /// How long one query may calculate.
  public var queryTimeout: Duration = .seconds(120)
  /// Time since some fixed moment, to measure and bound evaluations with; standing still, nothing is measured or ended.
  public var monotonic: @Sendable () -> Duration = { .zero }

  public init() {}

  /// Says whether a query that begins now has taken too long.
  var deadline: @Sendable () -> Bool {
    let end = monotonic() + queryTimeout
    return { [monotonic] in monotonic() > end }
  }
}

/// Keeps alerts quiet while others fire (<https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule>).
public struct InhibitRule: Sendable, Hashable {
  public var sourceMatchers: [LabelMatcher] = []
  public var targetMatchers: [LabelMatcher] = []
  /// Labels that must have the same value in both.
  public var equal: [String] = []

  public init() {}
}

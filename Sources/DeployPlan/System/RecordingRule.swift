/// A series that is computed from others and stored (one entry of `recording_rules`).
public struct RecordingRule: Sendable, Hashable {
  /// The name of the new series.
  public var record = ""
  /// PromQL.
  public var expression = ""
  /// `nil` takes the collection interval.
  public var interval: Duration?
  public var labels: [String: String] = [:]

  public init() {}
}

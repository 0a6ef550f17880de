/// A collected sample as it is read back in order of arrival.
public struct RecentSample: Sendable, Hashable {
  public var agentID: String
  public var metricName: String
  public var metricType: MetricType
  /// Of a native histogram the number of observations.
  public var value: Double
  public var timestamp: Timestamp
  /// All labels of the series but the metric's name.
  public var labels: [String: String]
  /// Of the observations of a native histogram; `nil` where the sample is a number.
  public var sum: Double?

  public init(
    agentID: String, metricName: String, metricType: MetricType, value: Double, timestamp: Timestamp,
    labels: [String: String], sum: Double? = nil
  ) {
    self.agentID = agentID
    self.metricName = metricName
    self.metricType = metricType
    self.value = value
    self.timestamp = timestamp
    self.labels = labels
    self.sum = sum
  }
}

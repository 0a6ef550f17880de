import FleetModel

extension FleetAPI {
  /// `GET /fleet/v1/samples/recent`.
  public struct SampleList: Codable, Sendable, Hashable {
    /// In order of arrival, oldest first.
    public var samples: [RecentSample]
  }

  public struct RecentSample: Codable, Sendable, Hashable {
    public var agentID: String
    public var metricName: String
    /// A word of OpenMetrics such as `counter`.
    public var metricType: String
    /// Of a native histogram the number of observations.
    public var value: Double
    public var timestamp: Time
    /// All labels but the metric's name.
    public var labels: [String: String]
    /// Of the observations of a native histogram.
    public var sum: Double?

    enum CodingKeys: String, CodingKey {
      case agentID = "agent_id"
      case metricName = "metric_name"
      case metricType = "metric_type"
      case value, timestamp, labels, sum
    }
  }
}

extension FleetAPI.RecentSample {
  init(_ sample: RecentSample) {
    self.init(
      agentID: sample.agentID, metricName: sample.metricName, metricType: sample.metricType.rawValue,
      value: sample.value, timestamp: FleetAPI.Time(sample.timestamp), labels: sample.labels,
      sum: sample.sum)
  }
}

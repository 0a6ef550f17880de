import FleetModel

/// The families that Skep itself makes, described.
enum OwnFamilies {
  typealias Family = MetadataStore.Family

  /// Those of every instance that is watched.
  static let ofInstances: [Family] = [
    gauge("up", "Whether the last collection from the instance succeeded: 1 if it did, 0 if it failed."),
    gauge("scrape_duration_seconds", "How long the last collection took.", unit: "seconds"),
    gauge("scrape_samples_scraped", "How many samples the last collection brought."),
    gauge("scrape_series_added", "How many series of the last collection the one before did not have."),
    gauge(
      "system_cpu_usage",
      "Processor time in percent of what the instance may use: its cgroup's limit, else one core. The label source says "
        + "whose time it is."),
    gauge(
      "system_memory_usage",
      "Resident memory in percent of the cgroup's limit, else of the machine's memory. The label source says whose memory "
        + "it is."),
    counter("network_bytes_sent", "Bytes sent over the network.", unit: "bytes"),
    counter("network_bytes_recv", "Bytes received over the network.", unit: "bytes"),
  ]

  /// Those, and what rules write.
  static let all: [Family] =
    ofInstances + [
      gauge("ALERTS", "1 for each alert of an expression rule that is pending or firing."),
      gauge("ALERTS_FOR_STATE", "Since when an alert of an expression rule is active, in seconds since 1970."),
    ]

  static let byName: [String: MetricMetadata] = Dictionary(
    all.map { ($0.name, $0.metadata) }, uniquingKeysWith: { first, _ in first })

  private static func gauge(_ name: String, _ help: String, unit: String = "") -> Family {
    Family(name, MetricMetadata(type: .gauge, help: help, unit: unit))
  }

  private static func counter(_ name: String, _ help: String, unit: String = "") -> Family {
    Family(name, MetricMetadata(type: .counter, help: help, unit: unit))
  }
}

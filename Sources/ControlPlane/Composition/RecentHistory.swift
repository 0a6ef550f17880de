import FleetModel

/// The last samples from before this start, read from the store: what ``RecentSamples`` forgets with the process.
///
/// The store keeps no types of metrics, so these samples are of type `unknown`.
struct RecentHistory: Sendable {
  let source: any SeriesSource
  /// When this process began.
  let end: Timestamp

  /// Looked through one after the other until enough is found: a large fleet fills the first one.
  private static let windows: [Duration] = [.seconds(10), .seconds(60), .seconds(300)]

  /// The last `limit` that fit, oldest first.
  func read(agentID: String?, metricName: String?, limit: Int) async -> [RecentSample] {
    var matchers = [
      metricName.map { LabelMatcher(LabelSet.metricName, .equal, $0) }
        ?? LabelMatcher(LabelSet.metricName, .notEqual, "")
    ]
    if let agentID { matchers.append(LabelMatcher("agent_id", .equal, agentID)) }
    var found: [RecentSample] = []
    for window in Self.windows {
      guard let series = try? await source.select(matchers, from: end - window, through: end) else { return [] }
      found = Self.last(limit, of: series)
      if found.count >= limit { break }
    }
    return found
  }

  private static func last(_ limit: Int, of series: [SelectedSeries]) -> [RecentSample] {
    var places: [(time: Int64, series: Int, value: Double)] = []
    for (index, one) in series.enumerated() {
      for position in one.samples.timestamps.indices.suffix(limit) {
        let value = one.samples.values[position]
        if !StaleMarker.isStale(value) { places.append((one.samples.timestamps[position], index, value)) }
      }
    }
    places.sort { ($0.time, $0.series) < ($1.time, $1.series) }
    return places.suffix(limit).map { place in
      var labels = series[place.series].labels.dictionary
      let name = labels.removeValue(forKey: LabelSet.metricName) ?? ""
      return RecentSample(
        agentID: labels["agent_id"] ?? "", metricName: name, metricType: .unknown, value: place.value,
        timestamp: Timestamp(milliseconds: place.time), labels: labels)
    }
  }
}

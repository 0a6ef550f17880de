import FleetModel

/// The last samples from before this start, read from the store: what ``RecentSamples`` forgets with the process.
///
/// The store keeps no types of metrics, so these samples are of type `unknown`, native histograms of type `histogram`.
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

  private struct Place {
    var time: Int64
    var series: Int
    var value: Double
    var sum: Double?
  }

  private static func last(_ limit: Int, of series: [SelectedSeries]) -> [RecentSample] {
    var places: [Place] = []
    for (index, one) in series.enumerated() {
      for position in one.samples.timestamps.indices.suffix(limit) {
        let value = one.samples.values[position]
        if StaleMarker.isStale(value) { continue }
        places.append(Place(time: one.samples.timestamps[position], series: index, value: value))
      }
      for position in one.histograms.timestamps.indices.suffix(limit) {
        let histogram = one.histograms.values[position]
        if histogram.isStale { continue }
        let time = one.histograms.timestamps[position]
        places.append(Place(time: time, series: index, value: histogram.count, sum: histogram.sum))
      }
    }
    places.sort { ($0.time, $0.series) < ($1.time, $1.series) }
    return places.suffix(limit).map { place in
      var labels = series[place.series].labels.dictionary
      let name = labels.removeValue(forKey: LabelSet.metricName) ?? ""
      return RecentSample(
        agentID: labels["agent_id"] ?? "", metricName: name, metricType: place.sum == nil ? .unknown : .histogram,
        value: place.value, timestamp: Timestamp(milliseconds: place.time), labels: labels, sum: place.sum)
    }
  }
}

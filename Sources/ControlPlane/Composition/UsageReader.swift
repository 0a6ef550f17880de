import FleetHealth
import FleetModel

/// Reads what agents used from the store's `system_cpu_usage` and `system_memory_usage`.
///
/// The host's own figures (label `source="host"`) are left out: they say nothing about an agent.
struct UsageReader: Sendable {
  /// What one agent used.
  struct Usage: Sendable {
    /// Over the window, the mean over its samples.
    var average = AverageUsage()
    /// The last figures, the mean over its instances.
    var latest = AverageUsage()
  }

  /// How far back averages go.
  static let window: Duration = .seconds(300)

  let source: any SeriesSource

  /// By agent; an agent without a sample in the window is missing. O(samples in the window).
  func usage(at now: Timestamp) async -> [String: Usage] {
    var usage: [String: Usage] = [:]
    for agent in await agentsWithSamples(at: now) { usage[agent] = Usage() }
    for (agent, figures) in await figures(of: "system_cpu_usage", at: now) {
      usage[agent, default: Usage()].average.cpu = figures.average
      usage[agent, default: Usage()].latest.cpu = figures.latest
    }
    for (agent, figures) in await figures(of: "system_memory_usage", at: now) {
      usage[agent, default: Usage()].average.memory = figures.average
      usage[agent, default: Usage()].latest.memory = figures.latest
    }
    return usage
  }

  private func agentsWithSamples(at now: Timestamp) async -> [String] {
    let matcher = LabelMatcher(LabelSet.metricName, .equal, "scrape_samples_scraped")
    let series = (try? await source.select([matcher], from: now - Self.window, through: now)) ?? []
    return series.filter { $0.samples.values.contains { $0 > 0 } }.compactMap { $0.labels["agent_id"] }
  }

  private func figures(
    of metric: String, at now: Timestamp
  ) async -> [String: (average: Double?, latest: Double?)] {
    let matchers = [
      LabelMatcher(LabelSet.metricName, .equal, metric), LabelMatcher("source", .notEqual, "host"),
    ]
    guard let series = try? await source.select(matchers, from: now - Self.window, through: now) else { return [:] }
    var sums: [String: Means] = [:]
    for one in series {
      guard let agent = one.labels["agent_id"] else { continue }
      sums[agent, default: Means()].add(one.samples)
    }
    return sums.mapValues { ($0.all.value, $0.latest.value) }
  }

  private struct Means {
    var all = Mean()
    var latest = Mean()

    mutating func add(_ samples: SampleColumns) {
      for value in samples.values where value.isFinite { all.add(value) }
      if let last = samples.values.last, last.isFinite { latest.add(last) }
    }
  }

  private struct Mean {
    var sum = 0.0
    var count = 0

    mutating func add(_ value: Double) {
      sum += value
      count += 1
    }

    var value: Double? { count == 0 ? nil : sum / Double(count) }
  }
}

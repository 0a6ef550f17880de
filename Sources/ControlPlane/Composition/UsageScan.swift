import FleetHealth
import FleetModel

/// Reads every sample of a usage metric over a window, one series after the other, on a thread of the queries.
struct UsageScan: Sendable {
  let queries: QueryService
  let points: PerformanceReport.Points
  /// Only of this one.
  let agent: String?
  let start: Timestamp
  let end: Timestamp

  init(
    queries: QueryService, points: PerformanceReport.Points, agent: String?, from start: Timestamp,
    through end: Timestamp
  ) {
    self.queries = queries
    self.points = points
    self.agent = agent
    self.start = start
    self.end = end
  }

  /// Of a gauge, by agent. The host's own figures (label `source="host"`) say nothing about an agent.
  func gauges(_ metric: String) async throws -> [String: UsageFigures] {
    try await read(metric) { gauge, buffer in
      for row in 0..<buffer.count where isWithin(buffer.times[row]) {
        gauge.add(buffer.values[row], at: buffer.times[row])
      }
    }
  }

  /// Of a counter, what it grew by in a second from each sample to the next; a fall is a new beginning.
  func rates(_ metric: String) async throws -> [String: UsageFigures] {
    try await read(metric) { gauge, buffer in
      for row in 1..<max(1, buffer.count) where isWithin(buffer.times[row - 1]) && isWithin(buffer.times[row]) {
        let (grown, passed) = (
          buffer.values[row] - buffer.values[row - 1], Double(buffer.times[row] - buffer.times[row - 1]) / 1000
        )
        if grown >= 0, passed > 0 { gauge.add(grown / passed, at: buffer.times[row]) }
      }
    }
  }

  private func isWithin(_ time: Int64) -> Bool { time >= start.milliseconds && time <= end.milliseconds }

  private func read(
    _ metric: String, _ add: @escaping @Sendable (inout UsageGauge, borrowing SampleBuffer) -> Void
  ) async throws -> [String: UsageFigures] {
    var matchers = [
      LabelMatcher(LabelSet.metricName, .equal, metric), LabelMatcher("source", .notEqual, "host"),
    ]
    if let agent { matchers.append(LabelMatcher("agent_id", .equal, agent)) }
    let (points, start, end, source, wanted) = (points, start, end, queries.source, matchers)
    return try await queries.run("report", within: nil) { turn in
      let opened = try await source.open(wanted, from: start, through: end)
      var gauges: [String: UsageGauge] = [:]
      var buffer = SampleBuffer()
      for row in 0..<opened.count {
        if turn.isOverdue() { throw PrometheusError(.timeout, "the report took longer than a query may") }
        guard let agent = try opened.decode(row, into: &buffer)["agent_id"] else { continue }
        add(&gauges[agent, default: UsageGauge(points)], buffer)
      }
      return gauges.mapValues(\.figures)
    }
  }
}

extension OpenedSelection {
  /// Puts the numbers of a series into a buffer in place of what is there, and gives its labels.
  fileprivate func decode(_ row: Int, into buffer: inout SampleBuffer) throws -> LabelSet {
    switch self {
    case .encoded(let series):
      try series.decode(row, &buffer)
      return series.labels[row]
    case .decoded(let series):
      buffer.removeAll()
      for (time, value) in zip(series[row].samples.timestamps, series[row].samples.values) {
        buffer.append(time, value)
      }
      return series[row].labels
    }
  }
}

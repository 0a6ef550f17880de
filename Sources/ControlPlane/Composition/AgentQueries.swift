import FleetModel
import PromQL

/// What PromQL says of each agent, for boards and reports.
struct AgentQueries: Sendable {
  let queries: QueryService
  /// How they are called in the log of slow queries.
  let name: String
  private let engine = QueryEngine()

  /// Spans by which an agent answers requests; of one that has none such, those it opens itself.
  private static let answering = #"span_kind=~"SPAN_KIND_(SERVER|CONSUMER)""#
  private static let opening = #"span_name=~"invoke_agent .*""#

  init(_ queries: QueryService, name: String) {
    self.queries = queries
    self.name = name
  }

  /// An expression over what an agent answers, or else what it opens; `%` stands for the matcher, `W` for the window.
  static func either(_ expression: String, over window: String) -> String {
    let expression = expression.replacing("[W]", with: "[\(window)]")
    return "\(expression.replacing("%", with: answering)) or \(expression.replacing("%", with: opening))"
  }

  func instant(_ query: String, at now: Timestamp) async throws -> [InstantSample] {
    let (engine, source) = (engine, queries.source)
    let value = try await queries.run(name, within: nil) { turn in
      try await engine.instant(try engine.parse(query), at: now, source: source, isOverdue: turn.isOverdue).value
    }
    guard case .vector(let samples) = value else { return [] }
    return samples.filter { $0.histogram == nil }
  }

  /// By the label `agent_id`.
  func byAgent(_ query: String, at now: Timestamp) async throws -> [String: Double] {
    Dictionary(
      try await instant(query, at: now).compactMap { sample in
        sample.labels["agent_id"].map { ($0, sample.value) }
      }
    ) { first, _ in first }
  }

  /// By the label `agent_id`, a value for each of so many points.
  func points(_ query: String, from start: Timestamp, step: Duration, count: Int) async throws -> [String: [Double?]] {
    let (engine, source) = (engine, queries.source)
    let end = start + step * (count - 1)
    let value = try await queries.run(name, within: nil) { turn in
      try await engine.range(
        try engine.parse(query), from: start, through: end, step: step, source: source, isOverdue: turn.isOverdue
      ).value
    }
    guard case .matrix(let series) = value else { return [:] }
    var points: [String: [Double?]] = [:]
    for one in series {
      guard let agent = one.labels["agent_id"] else { continue }
      var values = [Double?](repeating: nil, count: count)
      for (time, value) in zip(one.samples.timestamps, one.samples.values) {
        let place = (time - start.milliseconds) / step.wholeMilliseconds
        if values.indices.contains(Int(place)) { values[Int(place)] = value }
      }
      points[agent] = values
    }
    return points
  }
}

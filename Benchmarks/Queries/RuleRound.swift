import FleetModel
import PromQL

/// One round of evaluating rules that are read together: two for each agent, and some over the whole fleet.
struct RuleRound<Source: SeriesSource>: Sendable {
  let engine: QueryEngine
  let source: Source
  let end: Timestamp
  let agents: Int

  func run(_ repetitions: Int) async throws {
    var queries: [ParsedQuery] = []
    for agent in 0..<agents {
      let id = FleetSeries.agent(agent)
      queries.append(
        try engine.parse(
          "sum(rate(agent_errors_total{agent_id=\"\(id)\"}[1m])) / sum(rate(agent_requests_total{agent_id=\"\(id)\"}[1m])) > 0.9"
        ))
      queries.append(
        try engine.parse(
          "histogram_quantile(0.99, sum by (le) (rate(agent_request_duration_seconds_bucket{agent_id=\"\(id)\"}[1m]))) > 100"
        ))
    }
    for operation in ["plan", "tool_call", "llm_call", "retrieve", "summarize"] {
      queries.append(
        try engine.parse(
          "sum by (region) (rate(agent_requests_total{operation=\"\(operation)\"}[1m]) * on (agent_id) group_left (region) agent_info) < 0"
        ))
      queries.append(try engine.parse("avg_over_time(agent_queue_depth{operation=\"\(operation)\"}[2m]) > 1000"))
    }
    var best = (fetch: Double.infinity, evaluate: Double.infinity)
    for _ in 0..<repetitions {
      var fetch = 0.0
      var evaluate = 0.0
      // As groups of rules are: fifty together.
      for start in stride(from: 0, to: queries.count, by: 50) {
        let group = Array(queries[start..<min(queries.count, start + 50)])
        let begin = Clock.cpuMilliseconds()
        var shared = SharedReadings()
        try await engine.read(group.flatMap { engine.selections($0, at: end) }, into: &shared, source: source)
        let fetched = Clock.cpuMilliseconds()
        for query in group { _ = try await engine.instant(query, at: end, sharing: shared, source: source) }
        fetch += fetched - begin
        evaluate += Clock.cpuMilliseconds() - fetched
      }
      if fetch + evaluate < best.fetch + best.evaluate { best = (fetch, evaluate) }
    }
    print(
      "\(queries.count) rules: fetch \(Clock.text(best.fetch)) ms, evaluate \(Clock.text(best.evaluate)) ms a round")
  }
}

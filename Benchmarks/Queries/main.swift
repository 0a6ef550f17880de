// What evaluating queries costs: `query-benchmark [agents] [repetitions] [name] [memory|head|blocks]`, 50 agents of about 200
// series with 480 samples by default; only queries whose name begins so; the samples in arrays, or in a store on disk that holds
// them in its head or in blocks. CPU time of the process; on a shared machine only ratios mean something.

import FleetModel
import Measuring
import Platform
import PromQL
import SampleStore
import SystemPackage

let agents = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 50 : 50
let repetitions = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 20 : 20
let only = CommandLine.arguments.count > 3 ? CommandLine.arguments[3] : ""
let place = CommandLine.arguments.count > 4 ? CommandLine.arguments[4] : "memory"
let step: Int64 = 15_000
let samples = 480
let start: Int64 = 1_700_000_040_000
let end = Timestamp(milliseconds: start + Int64(samples - 1) * step)
let source = FleetSeries(agents: agents, samples: samples, start: start, step: step)
let engine = QueryEngine()

/// Name, query, and the step of a range query over the last hour.
let queries: [(name: String, query: String, step: Int64?)] = [
  ("i_one_series", "agent_load1{agent_id=\"agent-0007\"}", nil),
  ("i_sum_rate", "sum by (agent_id) (rate(agent_requests_total[5m]))", nil),
  (
    "i_quantile",
    "histogram_quantile(0.99, sum by (le, operation) (rate(agent_request_duration_seconds_bucket[5m])))", nil
  ),
  ("i_topk", "topk(10, sum by (agent_id) (rate(agent_tokens_total[5m])))", nil),
  ("i_avg_1h", "avg_over_time(agent_queue_depth{operation=\"plan\"}[1h])", nil),
  ("i_regex", "sum(rate(agent_requests_total{peer=~\"agent-00[0-2].*\",agent_id!~\".*7\"}[5m]))", nil),
  (
    "i_on_join",
    "sum by (agent_id, operation) (rate(agent_errors_total[5m])) / on (agent_id, operation) "
      + "sum by (agent_id, operation) (rate(agent_requests_total[5m]))", nil
  ),
  (
    "i_ignoring",
    "rate(agent_request_duration_seconds_sum[5m]) / ignoring (le) "
      + "rate(agent_request_duration_seconds_bucket{le=\"+Inf\"}[5m])", nil
  ),
  ("i_subquery", "max_over_time(sum(rate(agent_requests_total{operation=\"llm_call\"}[1m]))[30m:1m])", nil),
  ("i_count_names", "count by (__name__) ({__name__=~\"agent_.+\"})", nil),
  ("r_one_rate", "rate(agent_cpu_seconds_total{agent_id=\"agent-0007\"}[1m])", 15),
  ("r_sum_rate", "sum by (agent_id) (rate(agent_requests_total[5m]))", 60),
  (
    "r_quantile",
    "histogram_quantile(0.99, sum by (le, operation) (rate(agent_request_duration_seconds_bucket[5m])))", 60
  ),
  ("r_raw_50", "agent_peer_rtt_seconds{agent_id=~\"agent-000[0-9]\"}", 15),
  (
    "r_group_left",
    "sum by (region) (rate(agent_requests_total[5m]) * on (agent_id) group_left (region) agent_info)", 60
  ),
  ("r_topk", "topk(5, sum by (agent_id) (rate(agent_tokens_total[5m])))", 60),
  (
    "rule_error_rate",
    "sum(rate(agent_errors_total{agent_id=\"agent-0007\"}[1m])) "
      + "/ sum(rate(agent_requests_total{agent_id=\"agent-0007\"}[1m])) > 0.9", nil
  ),
  (
    "rule_slow",
    "histogram_quantile(0.99, sum by (le) "
      + "(rate(agent_request_duration_seconds_bucket{agent_id=\"agent-0007\"}[1m]))) > 100", nil
  ),
]

let folder = FilePath("query-benchmark-store")
defer { StoredFleet.remove(folder) }

func measure(_ measured: some SeriesSource) async throws {
  try await QueryTimer(
    engine: engine, source: measured, seriesCount: source.count, end: end, repetitions: repetitions
  ).run(queries.filter { $0.name.hasPrefix(only) })
  if only.isEmpty || only == "rules" {
    try await RuleRound(engine: engine, source: measured, end: end, agents: agents).run(repetitions)
  }
}

if place == "memory" {
  try await measure(source)
} else {
  let store = try StoredFleet.fill(folder, with: source, end: end)
  if place == "blocks" { try await store.compact() }
  try await measure(store)
}

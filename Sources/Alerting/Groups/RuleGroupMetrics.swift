import CoreMetrics
import FleetModel

/// What evaluation says of itself (swift-metrics). The names are Prometheus' with `skep` for `prometheus`.
struct RuleGroupMetrics: Sendable {
  private let iterations: Counter
  private let missed: Counter
  private let evaluations: Counter
  private let failures: Counter
  private let refused: Counter
  private let interval: Gauge
  private let rules: Gauge
  private let lastEvaluation: Gauge
  private let lastDuration: Gauge
  private let lastSamples: Gauge

  init(file: String, name: String) {
    let dimensions = [("rule_group", "\(file);\(name)")]
    iterations = Counter(label: "skep_rule_group_iterations_total", dimensions: dimensions)
    missed = Counter(label: "skep_rule_group_iterations_missed_total", dimensions: dimensions)
    evaluations = Counter(label: "skep_rule_evaluations_total", dimensions: dimensions)
    failures = Counter(label: "skep_rule_evaluation_failures_total", dimensions: dimensions)
    refused = Counter(label: "skep_rule_samples_refused_total", dimensions: dimensions)
    interval = Gauge(label: "skep_rule_group_interval_seconds", dimensions: dimensions)
    rules = Gauge(label: "skep_rule_group_rules", dimensions: dimensions)
    lastEvaluation = Gauge(label: "skep_rule_group_last_evaluation_timestamp_seconds", dimensions: dimensions)
    lastDuration = Gauge(label: "skep_rule_group_last_duration_seconds", dimensions: dimensions)
    lastSamples = Gauge(label: "skep_rule_group_last_evaluation_samples", dimensions: dimensions)
    for counter in [iterations, missed, evaluations, failures, refused] { counter.increment(by: 0) }
  }

  func define(rules count: Int, interval duration: Duration) {
    rules.record(count)
    interval.record(duration.seconds)
  }

  /// Missed iterations count among the scheduled ones.
  func missed(_ count: Int) {
    missed.increment(by: count)
    iterations.increment(by: count)
  }

  func evaluated(_ outcome: RuleGroupOutcome, rules: Int, at time: Timestamp, in duration: Duration) {
    iterations.increment()
    evaluations.increment(by: rules)
    failures.increment(by: outcome.failures.count)
    refused.increment(by: outcome.refused)
    lastEvaluation.record(Double(time.milliseconds) / 1000)
    lastDuration.record(duration.seconds)
    lastSamples.record(outcome.samples)
  }

  func end() {
    for counter in [iterations, missed, evaluations, failures, refused] { counter.destroy() }
    for gauge in [interval, rules, lastEvaluation, lastDuration, lastSamples] { gauge.destroy() }
  }
}

import CoreMetrics
import FleetModel

/// What the engine says of itself (swift-metrics).
struct EngineMetrics: Sendable {
  private let active: [Severity: Gauge]
  let watchedSeries = Gauge(label: "skep_rule_watched_series")
  let activeOrPending = Gauge(label: "skep_alerts_tracked")
  /// Seconds from the arrival of a sample to the first call of a handler.
  let latency = Recorder(label: "skep_alert_delivery_seconds", dimensions: [], aggregate: true)

  init() {
    active = Dictionary(
      uniqueKeysWithValues: Severity.allCases.map {
        ($0, Gauge(label: "skep_alerts_active", dimensions: [("severity", $0.rawValue)]))
      })
    setActive([:])
  }

  func setActive(_ counts: [Severity: Int]) {
    for (severity, gauge) in active { gauge.record(counts[severity] ?? 0) }
  }
}

/// What a handler's lane counts.
struct LaneMetrics: Sendable {
  let deliveries: Counter
  let failures: Counter
  let drops: Counter

  init(handler: String) {
    let dimensions = [("handler", handler)]
    deliveries = Counter(label: "skep_alert_deliveries_total", dimensions: dimensions)
    failures = Counter(label: "skep_alert_delivery_failures_total", dimensions: dimensions)
    drops = Counter(label: "skep_alert_drops_total", dimensions: dimensions)
  }
}

import FleetModel

/// The names of the series, as Grafana Tempo's metrics generator and the OpenTelemetry collector's connectors have them, so that
/// dashboards made for those work (<https://grafana.com/docs/tempo/latest/metrics-from-traces/>).
enum SpanMetricName {
  static let calls = "traces_span_metrics_calls_total"
  static let duration = "traces_span_metrics_duration_seconds"
  static let requests = "traces_service_graph_request_total"
  static let failed = "traces_service_graph_request_failed_total"
  static let server = "traces_service_graph_request_server_seconds"
  static let client = "traces_service_graph_request_client_seconds"

  /// Of the series that count what is beyond a bound (OpenTelemetry metrics SDK, "cardinality limits").
  static let overflow = Label("otel_metric_overflow", "true")

  static let metadata: [(family: String, metadata: MetricMetadata)] = [
    (calls, MetricMetadata(type: .counter, help: "Ended spans by agent and operation.")),
    (duration, MetricMetadata(type: .histogram, help: "How long spans took, by agent and operation.", unit: "seconds")),
    (requests, MetricMetadata(type: .counter, help: "Calls of one agent by another.")),
    (failed, MetricMetadata(type: .counter, help: "Calls of one agent by another that failed.")),
    (
      server,
      MetricMetadata(type: .histogram, help: "How long calls took as the called agent saw them.", unit: "seconds")
    ),
    (
      client,
      MetricMetadata(type: .histogram, help: "How long calls took as the calling agent saw them.", unit: "seconds")
    ),
  ]
}

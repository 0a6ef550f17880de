import Testing

@testable import WireFormats

/// Cases from OpenTelemetry's compatibility specification and Prometheus' translator, by what they say, one a line.
@Suite struct PrometheusNamingTests {
  @Test(arguments: [
    ("system.filesystem.usage", "By", "gauge", "system_filesystem_usage_bytes"),
    ("system.network.dropped", "{packets}", "counter", "system_network_dropped_total"),
    ("system.network.dropped", "packets", "counter", "system_network_dropped_packets_total"),
    ("redis.keyspace.hits", "", "counter", "redis_keyspace_hits_total"),
    ("http.server.duration", "ms", "other", "http_server_duration_milliseconds"),
    ("http.server.request.duration", "s", "other", "http_server_request_duration_seconds"),
    ("requests_seconds", "s", "other", "requests_seconds"),
    ("requests_seconds_total", "s", "counter", "requests_seconds_total"),
    ("total_requests", "1", "counter", "requests_total"), ("cpu.utilization", "1", "gauge", "cpu_utilization_ratio"),
    ("cpu_ratio", "1", "gauge", "cpu_ratio"), ("ratio_x", "1", "gauge", "x_ratio"), ("events", "1", "other", "events"),
    ("fetch_speed", "m/s", "gauge", "fetch_speed_meters_per_second"),
    ("rate", "By/s", "gauge", "rate_bytes_per_second"),
    ("ops_per_second", "1/s", "gauge", "ops_per_second"), ("errors", "{errors}/min", "gauge", "errors_per_min"),
    ("errors", "{errors}/m", "gauge", "errors_per_minute"), ("load", "%", "gauge", "load_percent"),
    ("a..b__c", "", "other", "a_b_c"), ("4xx", "", "counter", "_4xx_total"), ("job:x:rate", "", "gauge", "job:x:rate"),
    ("naïve", "", "gauge", "na_ve"), ("_lead_", "", "gauge", "lead"), ("", "s", "gauge", ""),
    ("///", "s", "counter", ""),
    ("temp", "Cel", "gauge", "temp_celsius"), ("x", "MiBy/{request}", "gauge", "x_mebibytes"),
    ("x", " s ", "gauge", "x_seconds"),
    ("x", "foo bar", "gauge", "x_foo_bar"), ("x", "/", "gauge", "x"), ("x", "/s", "gauge", "x_per_second"),
  ])
  func metricNames(name: String, unit: String, kind: String, expected: String) {
    let kinds: [String: PrometheusNaming.Kind] = ["counter": .counter, "gauge": .gauge, "other": .other]
    #expect(PrometheusNaming.metric(name, unit: unit, kinds[kind] ?? .other) == expected)
  }

  @Test(arguments: [
    ("http.method", "http_method"), ("9lives", "key_9lives"), ("_private", "key_private"), ("__name", "__name"),
    ("a-b/c", "a_b_c"), ("naïve", "na_ve"), ("日", "key_"), ("a:b", "a_b"), ("a..b", "a__b"), ("", ""), (".x", "key_x"),
  ])
  func labelNames(key: String, expected: String) {
    var name: [UInt8] = []
    Array(key.utf8).withUnsafeBytes { PrometheusNaming.label($0, into: &name) }
    #expect(String(decoding: name, as: UTF8.self) == expected)
  }

  @Test(arguments: [
    (1.0, "1"), (0.5, "0.5"), (1e6, "1000000"), (1e21, "1e+21"), (1.5e-7, "1.5e-7"), (-2.0, "-2"), (.infinity, "+Inf"),
    (.nan, "NaN"), (0, "0"),
  ])
  func numbersInLabels(value: Double, expected: String) { #expect(LabelText.number(value) == expected) }

  @Test(arguments: [("s", "seconds"), ("m/s", "meters_per_second"), ("1", ""), ("{x}", "")])
  func units(unit: String, expected: String) { #expect(PrometheusNaming.unit(unit) == expected) }
}

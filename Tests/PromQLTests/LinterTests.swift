import FleetModel
import Testing

@testable import PromQL

@Suite("the linter")
struct LinterTests {
  static let catalogue = MetricCatalogue(
    metrics: [
      "requests_total": .init(type: .counter, labels: ["agent_id", "operation", "status"]),
      "errors_total": .init(type: .counter, labels: ["agent_id", "operation", "reason"]),
      "load1": .init(type: .gauge, labels: ["agent_id"]),
      "latency_bucket": .init(type: .histogram, labels: ["agent_id", "le"]),
      "up": .init(type: .gauge, labels: ["agent_id", "instance"]),
      "info": .init(type: .gauge, labels: ["agent_id", "region"]),
    ], interval: .seconds(30))

  struct Case: Sendable, CustomTestStringConvertible {
    let query: String
    let findings: [String]
    init(_ query: String, _ findings: String...) { (self.query, self.findings) = (query, findings) }
    var testDescription: String { query }
  }

  @Test(arguments: [
    Case("sum by (agent_id) (rate(requests_total[5m])) > 5"),
    Case(
      "sum by (agent_id) (rate(errors_total[5m])) / sum by (agent_id) (rate(requests_total[5m]))"),
    Case("requests_total and on (agent_id) load1 > 3 unless up"),
    Case("requests_total * on (agent_id) group_left (region) info"),
    Case("histogram_quantile(0.9, sum by (le, agent_id) (rate(latency_bucket[5m])))"),
    Case("{__name__=~\"anything.*\"} + rate(up[1m:15s])"),
    Case("absent(up{agent_id=\"a\"}) == 1"), Case("load1{operation=\"\"}"), Case("0 < load1"), Case("up == 0"),
    Case("changes(load1[1h]) > 3"), Case("label_replace(load1, \"x\", \"$1\", \"agent_id\", \"(.*)\") == on (x) load1"),
    Case(
      "request_total", "1:1 unknown_metric: no series is called \"request_total\"; did you mean \"requests_total\"?"),
    Case("zzz + 1", "1:1 unknown_metric: no series is called \"zzz\""),
    Case(
      "sum(requests_total{op=\"plan\"})",
      "1:5 unknown_label: requests_total has no label \"op\"; it has agent_id, operation, status"),
    Case(
      "sum by (region) (load1)",
      "1:1 unknown_label: nothing here has the label \"region\" to group by; there is agent_id"),
    Case(
      "sum by (status) (sum by (agent_id) (requests_total))",
      "1:1 unknown_label: nothing here has the label \"status\" to group by; there is agent_id"),
    Case("rate(load1[5m])", "1:1 rate_of_gauge: rate of the gauge load1: each fall counts as a reset; use deriv"),
    Case(
      "increase(load1[5m])", "1:1 rate_of_gauge: increase of the gauge load1: each fall counts as a reset; use delta"),
    Case(
      "delta(requests_total[5m])",
      "1:1 difference_of_counter: delta of the counter requests_total falls at each reset; use increase"),
    Case(
      "rate(requests_total[50s])",
      "1:6 short_range: a window of 50s seldom holds two samples, which come every 30s; use at least 2m"),
    Case(
      "rate(sum(requests_total)[5m:30s])",
      "1:1 rate_of_sum: rate of a sum: one counter's reset makes all of them fall; aggregate the rates: sum(rate(…))"),
    Case(
      "histogram_quantile(0.9, sum(rate(latency_bucket[5m])))",
      "1:25 missing_by: the buckets have lost their label \"le\"; keep it: by (le, …)"),
    Case(
      "sum(rate(errors_total[5m])) / sum by (agent_id) (rate(requests_total[5m]))",
      "1:29 missing_by: the sides have different labels and do not match: left none, right agent_id; "
        + "aggregate both sides by the same labels"),
    Case(
      "\n  errors_total / requests_total",
      "2:16 missing_by: the sides have different labels and do not match: left agent_id, operation, reason, "
        + "right agent_id, operation, status; aggregate both by (agent_id, operation), or match on (agent_id, operation)"
    ),
    Case(
      "count(up == 0) == 0",
      "1:1 never_holds: count(up == 0) == 0 never holds; where there is nothing, count gives "
        + "nothing: use absent"),
    Case("rate(requests_total[5m]) < 0", "1:1 never_holds: rate(requests_total[5m]) < 0 never holds"),
    Case("load1 > 5 < 3", "1:1 never_holds: load1 > 5 < 3 never holds"),
    Case("up > 1", "1:1 never_holds: up > 1 never holds"),
    Case(
      "rate(rate(requests_total[5m])[1h:])",
      "1:1 rate_of_gauge: rate of a rate, which is a gauge: each fall counts as a reset; use deriv, or avg_over_time for "
        + "the mean"),
    Case(
      "quantile(0.5, load1) + quantile(95, load1)",
      "1:33 quantile_bounds: 95 is no quantile: it gives +Inf always; write 0.95"),
    Case(
      "histogram_quantile(-0.5, latency_bucket)",
      "1:20 quantile_bounds: -0.5 is no quantile: it gives -Inf always; write 0 to 1"),
    Case("hour() >= 24", "1:1 never_holds: hour() >= 24 never holds"),
    Case("-abs(load1) > 0", "1:1 never_holds: -abs(load1) > 0 never holds"),
  ])
  func findings(_ example: Case) throws {
    let query = try ParsedQuery(example.query)
    let found = ExpressionLinter(catalogue: Self.catalogue).findings(in: query).map {
      let mend = $0.mend.map { "; \($0)" } ?? ""
      return "\($0.range.place(in: query.text)) \($0.kind.rawValue): \($0.message)\(mend)"
    }
    #expect(found == example.findings)
  }

  @Test func aFindingIsADiagnostic() throws {
    let query = try ParsedQuery("up\n  + é_x".replacing("é_x", with: "lod1"))
    let finding = try #require(ExpressionLinter(catalogue: Self.catalogue).findings(in: query).first)
    #expect(
      finding.diagnostic(in: query.text).description
        == "line 2:5: warning: no series is called \"lod1\"; did you mean \"load1\"?")
  }

  /// Where not everything is known, nothing is said of what is not.
  @Test(arguments: [
    ("load1{x=\"y\"} + other", [String]()), ("rate(load1[5m])", ["rate_of_gauge"]),
    ("delta(a_total[5m])", ["difference_of_counter"]),
    ("rate(a_info[5m])", ["rate_of_gauge"]), ("rate(a[20s])", ["short_range"]),
  ])
  func incompleteCatalogues(_ query: String, _ kinds: [String]) throws {
    let catalogue = MetricCatalogue(
      metrics: ["load1": .init(type: .gauge, labels: nil)], isComplete: false, interval: .seconds(15))
    let found = ExpressionLinter(catalogue: catalogue).findings(in: try ParsedQuery(query))
    #expect(found.map(\.kind.rawValue) == kinds)
  }

  /// With nothing known, only what the expression itself says can be wrong.
  @Test func anEmptyCatalogueSaysNothingOfNames() throws {
    let query = try ParsedQuery("rate(nothing{a=\"b\"}[1s]) / sum by (x) (other)")
    #expect(ExpressionLinter(catalogue: MetricCatalogue()).findings(in: query) == [])
  }
}

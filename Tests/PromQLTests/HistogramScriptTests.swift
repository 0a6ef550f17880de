import FleetModel
import PromQL
import Testing

/// What scripts say of histograms, and what is not understood.
@Suite("histograms in scripts")
struct HistogramScriptTests {
  @Test(arguments: [
    ("{{schema:9}}", "schema 9 is not known"), ("{{schema:127}}", "is not known"), ("{{schema:300}}", "is no schema"),
    ("{{offset:3000000000 buckets:[1]}}", "is no offset"), ("{{buckets:[1 2}}", "a list without its end"),
    ("{{buckets:[a]}}", "is no number"), ("{{colour:red}}", "a histogram has no colour"), ("{{sum}}", "key:value"),
    ("{{}}x100001", "invalid repetition"), ("{{}}x-1", "invalid repetition"), ("{{}}+1x2", "expected {{…}}"),
    ("{{counter_reset_hint:maybe}}", "none of unknown"), ("{{", "expected {{…}}"),
    ("{{}}+{{schema:-53 custom_values:[1]}}x1", "cannot be brought together"),
  ])
  func refused(item: String, problem: String) async {
    let report = await PromQLScript("load 1m\n  m \(item)\n").run()
    #expect(report.failures.count == 1)
    #expect(report.failures.first?.problem.contains(problem) == true, "\(report.failures)")
  }

  /// Spans at the ends of what an index may be, and counts that are none: evaluated like all others.
  @Test(arguments: [
    "{{offset:2147483647 buckets:[1 2 3] n_offset:-2147483648 n_buckets:[4 5]}}",
    "{{schema:8 z_bucket:NaN z_bucket_w:NaN count:NaN sum:NaN buckets:[NaN Inf -Inf]}}",
    "{{schema:-4 z_bucket_w:Inf offset:2147483640 buckets:[1 2 3 4 5 6 7 8 9]}}",
    "{{schema:-53 custom_values:[3 1 NaN 2] buckets:[1 2 3 4 5 6 7]}}",
  ])
  func hostile(literal: String) async {
    let queries = [
      "m", "-m", "m + m", "m - m", "m * 2", "m / 0", "m == m", "sum(m)", "avg(m)", "histogram_quantile(0.5, m)",
      "histogram_fraction(0, 1, m)", "histogram_stddev(m)", "rate(m[5m])", "irate(m[5m])", "sum_over_time(m[5m])",
      "avg_over_time(m[5m])", "resets(m[5m])", "changes(m[5m])", "m </ 1", "m >/ 1", "count_values(\"v\", m)",
      "increase(m[2m] smoothed)", "m smoothed", "m + on () group_left n",
    ]
    var text = "load 1m\n  m \(literal)x2 {{schema:3 count:4 sum:5 buckets:[1 2 1]}}x2 \(literal)\n"
    text += "  n {{schema:0 z_bucket:1 z_bucket_w:0.1 count:2 sum:5 buckets:[1]}}x6\n\n"
    for query in queries { text += "eval range from 0 to 6m step 30s \(query)\n\n" }
    let report = await PromQLScript(text).run(options: .experimental)
    #expect(report.results.count == queries.count)
    #expect(report.failures.allSatisfy { !$0.problem.contains("BUG") }, "\(report.failures)")
  }

  @Test func textIsAsPrometheusPrintsIt() {
    var histogram = NativeHistogram()
    histogram.count = 20
    histogram.sum = 10
    histogram.zeroCount = 2
    histogram.zeroThreshold = 0.001
    histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 2)]
    histogram.positiveBuckets = [1, 2]
    histogram.negativeSpans = [NativeHistogram.Span(offset: 0, length: 2)]
    histogram.negativeBuckets = [1, 2]
    #expect(
      histogram.text
        == "{count:20, sum:10, [-2,-1):2, [-1,-0.5):1, [-0.001,0.001]:2, (0.5,1]:1, (1,2]:2}")
  }

  @Test(arguments: [
    ("a[5m + 2 * step()]", "a[5m + 2 * step()]"), ("a offset -(1m+30s)", "a offset -(1m + 30s)"),
    ("a + fill(0) b", "a + fill (0) b"),
    (
      "a * on(x) group_left fill_left(1) fill_right(-Inf) b",
      "a * on (x) group_left () fill_left (1) fill_right (-Inf) b"
    ),
    ("rate(a[5m] anchored)", "rate(a[5m] anchored)"), ("a @ 5 smoothed", "a @ 5.000 smoothed"), ("a </ 5", "a </ 5"),
    ("a[max_of(1m,step()):range()]", "a[max_of(1m, step()):range()]"),
  ])
  func experimentalSyntaxPrints(query: String, printed: String) throws {
    #expect(try ParsedQuery(query, options: .experimental).expression.description == printed)
    #expect(try ParsedQuery(printed, options: .experimental).expression.description == printed)
    #expect(throws: ParseError.self) { try ParsedQuery(query) }
  }

  @Test(arguments: [
    ("a[1m - 1m]", "duration must be greater than 0"), ("a[1m / 0]", "division by zero"),
    ("a[1e300]", "duration is out of range"), ("a[foo()]", "unexpected function \"foo\""),
    ("1 + fill(0) a", "filling is only allowed between instant vectors"),
    ("a and fill(0) b", "filling is not allowed for set operators"), ("a + fill(x) b", "expected number"),
    ("1 </ 2", "not allowed in binary scalar expression"), ("a anchored", "must be preceded by"),
    ("info(a, b)", "expected label selectors only"),
  ])
  func experimentalSyntaxRefused(query: String, problem: String) {
    do {
      _ = try ParsedQuery(query, options: .experimental)
      Issue.record("\(query) was read")
    } catch {
      #expect(error.description.contains(problem), "\(error)")
    }
  }
}

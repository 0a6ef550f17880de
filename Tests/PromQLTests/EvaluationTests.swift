import FleetModel
import Testing

@testable import PromQL

/// Own scripts: each says what it loads and what must come out.
@Suite("evaluating queries")
struct EvaluationTests {
  struct Script: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    var testDescription: String { name }
  }

  @Test(arguments: scripts)
  func script(_ script: Script) async {
    let report = await PromQLScript(script.text).run()
    #expect(report.failures == [], "\(report.failures.map(\.description).joined(separator: "\n"))")
    #expect(report.passed > 0)
  }

  @Test func aScriptSaysWhatIsWrong() async {
    let report = await PromQLScript(
      """
      load 1m
        a 1 2 3

      eval instant at 1m a
        a 3

      eval instant at 1m a
        b 2

      eval range from 0 to 2m step 1m a
        a 1 2

      eval instant at 1m sum(
        {} 1

      eval instant at 1m a
        expect fail

      eval instant at 1m rate(a[2m])
        expect no_info
        {} 0.0166666

      nonsense
      """
    ).run()
    #expect(report.passed == 0)
    #expect(
      report.failures.map(\.problem) == [
        "a is 2.0, not 3.0", "lacks b", "a has 3.0 at 120000", "failed: 1:5: parse error: unclosed left parenthesis",
        "should have failed",
        "has \"PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \\\"a\\\" "
          + "(1:6)\"", "unknown command nonsense",
      ])
    #expect(report.failures.map(\.line) == [4, 7, 10, 13, 16, 19, 23])
  }

  /// Scripts come from outside: whatever they say, they are run to their end.
  @Test(arguments: [
    "load 292y\n  a 1x1000000", "load 1m\n  a 1x99999999999999999999", "load 1m\n  a{ 1", "load", "load 1m\n  a 0x",
    "eval instant at", "eval range from 0 to 292y step 1ms a", "eval instant at 292y a offset -292y", "eval",
    "eval instant at 1m a\n  expect", "eval instant at 1m a\n  expect warn msg",
    "eval instant at 1m a\n  expect fail regex:(",
    "load 1m\n  a 1+x3", "load 1m\n  a {{", "load 1m\n  {\"", "eval instant at 1m \"", "load_with_nhcb 1m\n  a 1",
    "\u{0}",
  ])
  func badScripts(_ text: String) async {
    let report = await PromQLScript(text).run()
    #expect(report.passed + report.failed <= 1)
  }

  static let scripts = [
    Script(
      name: "windows are open on the left, lookback too",
      text: """
        load 10s
          a 1 2 3 stale 5

        eval instant at 20s sum_over_time(a[20s])
          {} 5

        eval instant at 20s a[20s]
          expect range vector from 10s to 20s step 10s
          a 2 3

        eval range from 20s to 40s step 10s a
          a 3 _ 5

        eval instant at 339s a
          a 5

        eval instant at 340s a
        """),
    Script(
      name: "rate draws out to the ends of the window, but not below zero",
      text: """
        load 15s
          c_total 0+15x20
          high_total 1000+15x20
          reset_total 10 20 5 15 25

        eval instant at 5m rate(c_total[1m])
          {} 1

        eval instant at 31s increase(c_total[31s])
          {} 31

        eval instant at 31s increase(high_total[31s])
          {} 31

        eval instant at 1m increase(reset_total[61s])
          {} 35.58333333

        eval instant at 1m delta(reset_total[61s])
          expect no_info
          {} 15.25

        eval range from 0 to 1m step 30s irate(reset_total[1m])
          {} _ 0.3333333333 0.6666666667
        """),
    Script(
      name: "functions over time",
      text: """
        load 10s
          a 4 1 3 1 5
          n NaN 2 NaN

        eval instant at 40s {__name__=~"a|b"} + on() group_left() vector(0)
          {} 5

        eval instant at 40s min_over_time(a[50s]) + 10 * max_over_time(a[50s]) + 100 * last_over_time(a[50s])
          {} 551

        eval instant at 40s first_over_time(a[50s])
          a 4

        eval instant at 40s avg_over_time(a[50s])
          {} 2.8

        eval instant at 40s stddev_over_time(a[50s])
          {} 1.6

        eval instant at 40s stdvar_over_time(a[50s])
          {} 2.56

        eval instant at 40s quantile_over_time(0.5, a[50s])
          {} 3

        eval instant at 40s changes(a[50s]) + 10 * resets(a[50s])
          {} 24

        eval instant at 20s max_over_time(n[30s])
          {} 2

        eval instant at 40s quantile_over_time(2, a[50s])
          expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:20)
          {} Inf
        """),
    Script(
      name: "aggregation",
      text: """
        load 1m
          a{x="1",y="1"} 1 _ 3
          a{x="1",y="2"} 2 5 4
          a{x="2",y="1"} 6 7 NaN

        eval range from 0 to 2m step 1m sum by (x) (a)
          {x="1"} 3 6 7
          {x="2"} 6 7 NaN

        eval instant at 0 avg without (y) (a)
          {x="1"} 1.5
          {x="2"} 6

        eval range from 0 to 2m step 1m count(a @ 0)
          {} 3 3 3

        eval instant at 2m max(a) - min(a)
          {} 1

        eval instant at 0 topk(2, a)
          expect ordered
          a{x="2",y="1"} 6
          a{x="1",y="2"} 2

        eval range from 0 to 1m step 1m bottomk by (x) (1, a)
          a{x="1",y="1"} 1 1
          a{x="2",y="1"} 6 7

        eval instant at 0 quantile(0.5, a)
          {} 2

        eval instant at 0 stddev(a{x="1"})
          {} 0.5

        eval instant at 0 group by (y) (a)
          {y="1"} 1
          {y="2"} 1

        eval instant at 0 count_values("v", a > bool 1)
          {v="0"} 1
          {v="1"} 2

        eval instant at 0 count_values by (x) ("x", a)
          {x="1"} 1
          {x="2"} 1
          {x="6"} 1

        eval instant at 0 count_values without (y) ("y", a)
          {x="1"} 2
          {x="2"} 1

        eval instant at 0 topk(NaN, a)
          expect fail msg: Parameter value is NaN
        """),
    Script(
      name: "matching",
      text: """
        load 1m
          a{x="1",y="1"} 10
          a{x="1",y="2"} 20
          b{x="1"} 2
          c{x="1",z="q"} 5

        eval instant at 0 a / on (x) group_left () b
          {x="1",y="1"} 5
          {x="1",y="2"} 10

        eval instant at 0 b * on (x) group_right () a
          {x="1",y="1"} 20
          {x="1",y="2"} 40

        eval instant at 0 a > on (x) group_left (z) c
          a{x="1",y="1",z="q"} 10
          a{x="1",y="2",z="q"} 20

        eval instant at 0 a / on (x) b
          expect fail msg: multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)

        eval instant at 0 b / on (x) a
          expect fail regex: found duplicate series for the match group .*on the right hand-side

        eval instant at 0 sum by (y) (a) / on () group_left () b
          {y="1"} 5
          {y="2"} 10

        eval instant at 0 a and on (y) vector(1)

        eval instant at 0 a unless a{y="1"}
          a{x="1",y="2"} 20

        eval instant at 0 b or on (x) c or vector(7)
          b{x="1"} 2
          {} 7

        eval instant at 0 b == bool on (x) c
          {x="1"} 0

        eval instant at 0 (b or c) + 1
          {x="1"} 3
          {x="1",z="q"} 6

        eval instant at 0 {__name__=~"a|c"} * 2
          {x="1",y="1"} 20
          {x="1",y="2"} 40
          {x="1",z="q"} 10

        eval instant at 0 abs({__name__=~"b|d"})
          {x="1"} 2
        """),
    Script(
      name: "the same labels twice",
      text: """
        load 1m
          a{x="1"} 10 _ 3
          b{x="1"} _ 20 4

        eval range from 0 to 1m step 1m last_over_time({__name__=~"a|b"}[1m])
          a{x="1"} 10 _
          b{x="1"} _ 20

        eval range from 0 to 1m step 1m sum_over_time({__name__=~"a|b"}[1m])
          {x="1"} 10 20

        eval instant at 2m sum_over_time({__name__=~"a|b"}[1m])
          expect fail msg: vector cannot contain metrics with the same labelset
        """),
    Script(
      name: "labels",
      text: """
        load 1m
          a{host="web-12:80"} 1

        eval instant at 0 label_replace(a, "n", "${num}/$1-$$", "host", "(?P<kind>[a-z]+)-(?P<num>\\\\d+):.*")
          a{host="web-12:80",n="12/web-$"} 1

        eval instant at 0 label_replace(a, "host", "", "host", ".*")
          a 1

        eval instant at 0 label_join(a, "n", "/", "host", "nothing", "host")
          a{host="web-12:80",n="web-12:80//web-12:80"} 1

        eval instant at 0 label_replace(a, "n", "$1", "host", "(")
          expect fail

        eval instant at 0 absent(nothing{x="1",y=~"2"})
          {x="1"} 1

        eval instant at 0 absent(nothing{x!="2",x="1"})
          {x="1"} 1
        """),
    Script(
      name: "times",
      text: """
        load 1m
          a 1 2 3

        eval range from 0 to 2m step 1m timestamp(a offset 1m)
          {} _ 0 60

        eval instant at 90s time() + scalar(a) + scalar(nothing)
          NaN

        eval range from 0 to 2m step 1m a @ 60
          a 2 2 2

        eval range from 1m to 2m step 1m a @ end() - a @ start()
          {} 1 1

        eval instant at 2m sum_over_time(a[2m:1m] offset 1m)
          {} 3

        eval instant at 2m max_over_time((a * 2)[2m:30s])
          {} 6

        eval instant at 0 day_of_year(vector(1709164800)) + days_in_month(vector(1709164800))
          {} 89

        eval instant at 0 year(vector(-9223372036854774784)) < bool 0 + minute(vector(9223372036854774784)) * 0
          {} 1

        eval instant at 0 month(vector(NaN)) + year(vector(-Inf))
          {} 292277026608

        eval instant at 0 day_of_week(vector(-86400)) + year(vector(-1))
          {} 1972

        eval range from 0 to 2m step 1m 2
          {} 2 2 2
        """),
    Script(
      name: "classic histograms",
      text: """
        load 1m
          h_bucket{le="1"} 10
          h_bucket{le="2"} 30
          h_bucket{le="+Inf"} 40
          bad_bucket{le="x"} 1
          falling_bucket{le="1"} 10
          falling_bucket{le="2"} 5
          falling_bucket{le="+Inf"} 10

        eval instant at 0 histogram_quantile(0.5, h_bucket)
          expect no_info
          {} 1.5

        eval instant at 0 histogram_quantile(0.99, h_bucket)
          {} 2

        eval instant at 0 histogram_fraction(0, 1.5, h_bucket)
          {} 0.5

        eval instant at 0 histogram_quantile(0.5, bad_bucket)
          expect warn msg: PromQL warning: bucket label "le" is missing or has a malformed value of "x" for metric name "bad_bucket" (1:25)

        eval instant at 0 histogram_quantile(0.5, falling_bucket)
          expect info regex: forced|needed to be fixed for monotonicity .* for metric name "falling_bucket" \\(1:25\\)
          {} 0.5
        """),
  ]
}

import FleetModel
import Foundation
import PromQL
import Testing

@testable import skep

@Suite("what queries print")
struct QueryTextTests {
  static func data(_ json: String) throws -> QueryData {
    try JSONDecoder().decode(QueryData.self, from: Data(json.utf8))
  }

  @Test func vectorsInColumns() throws {
    let data = try Self.data(
      #"""
      {"resultType":"vector","result":[
      {"metric":{"__name__":"up","agent_id":"a","zone":"eu"},"value":[1795392000.5,"1"]},
      {"metric":{"__name__":"up","agent_id":"bb","rack":"7","zone":"eu"},"value":[1795392000.5,"0.25"]},
      {"metric":{"__name__":"up","agent_id":"c","zone":"eu"},"histogram":[1795392000,{"count":"3","sum":"4.5","buckets":[[0,"1","2","3"]]}]}]}
      """#)
    guard case .vector(let series) = data.value else { throw CancellationError() }
    #expect(
      QueryTables.vector(series, width: nil) == """
        up{zone="eu"}
        agent_id  rack                        VALUE
        a                                         1
        bb        7                            0.25
        c               {count:3, sum:4.5, (1,2]:3}
        """)
    #expect(
      QueryTables.vector(Array(series.prefix(2)), width: nil) == """
        up{zone="eu"}
        agent_id  rack  VALUE
        a                   1
        bb        7      0.25
        """)
    #expect(
      QueryTables.vector(Array(series.prefix(2)), width: 15) == """
        SERIES                                  VALUE
        up{agent_id="a", zone="eu"}                 1
        up{agent_id="bb", rack="7", zone="eu"}   0.25
        """)
    #expect(
      QueryTables.vector(Array(series.prefix(1)), width: nil) == """
        METRIC  agent_id  zone  VALUE
        up      a         eu        1
        """)
    #expect(series[2].histograms.first?.text == "{count:3, sum:4.5, (1,2]:3}")
  }

  @Test func otherValues() throws {
    #expect(
      QueryInstant.text(of: try Self.data(#"{"resultType":"scalar","result":[4,"2"]}"#).value) == "2")
    #expect(
      QueryInstant.text(of: try Self.data(#"{"resultType":"string","result":[4,"a\nb"]}"#).value) == "a\nb")
    #expect(QueryInstant.text(of: try Self.data(#"{"resultType":"vector","result":[]}"#).value) == "no series")
    #expect(throws: DecodingError.self) { try Self.data(#"{"resultType":"cube","result":[]}"#) }
  }

  @Test func matrices() throws {
    let data = try Self.data(
      #"""
      {"resultType":"matrix","result":[{"metric":{"a":"1"},"values":[[1795392000,"1"],[1795392001.25,"NaN"],[1795392002,"+Inf"]]},
      {"metric":{"a":"2"},"values":[[1795392000,"-3"]]}]}
      """#)
    guard case .matrix(let series) = data.value else { throw CancellationError() }
    #expect(
      QueryTables.points(series, width: nil) == """
        a  TIME                      VALUE
        1  2026-11-23T00:00:00.000Z      1
        1  2026-11-23T00:00:01.250Z    NaN
        1  2026-11-23T00:00:02.000Z   +Inf
        2  2026-11-23T00:00:00.000Z     -3
        """)
    #expect(
      QueryTables.summary(series, width: nil, isUTF8: false) == """
        a  POINTS  MIN   MAX  LAST
        1       3    1  +Inf  +Inf
        2       1   -3    -3    -3
        """)
    #expect(QueryTables.trend([0, 1, 2, 3, .nan, 7], columns: 6) == "▁▂▃▄ █")
    #expect(QueryTables.trend([5, 5], columns: 10) == "▁▁" && QueryTables.trend([], columns: 3) == "")
  }

  @Test(arguments: [
    (
      "rate(up)",
      "invalid: 1:6: parse error: expected type range vector in call to function \"rate\", got instant vector",
      "  rate(up)\n       ^^"
    ),
    ("a +\n  b c", "2:5: parse error: unexpected identifier", "    b c\n      ^"),
    ("sum(x", "x: 1:6: parse error: unclosed left parenthesis", "  sum(x\n       ^"),
    ("up", "query timed out in expression evaluation", ""), ("é +", "1:9: parse error: made up", "  é +\n     ^"),
    ("up", "7:1: parse error: of another language", "  up\n    ^"),
  ])
  func carets(_ query: String, _ message: String, _ lines: String) {
    let found = Caret.lines(for: message, in: query).joined(separator: "\n")
    #expect(found == lines)
  }

  @Test(
    arguments: [
      ("now", 100_000_000), ("-1h", 96_400_000), ("now-1m30s", 99_910_000), ("5.5", 5500), ("-1", nil),
      ("1970-01-01T00:00:01Z", 1000), ("yesterday", nil), ("", nil), ("now-", nil), ("-5", nil), ("inf", nil),
    ] as [(String, Int64?)])
  func times(_ text: String, _ milliseconds: Int64?) {
    let now = Timestamp(milliseconds: 100_000_000)
    #expect(QueryTime(argument: text)?.timestamp(now: now).milliseconds == milliseconds)
  }

  @Test func steps() {
    #expect(QueryStep(argument: "1m")?.milliseconds == 60_000 && QueryStep(argument: "0.5")?.milliseconds == 500)
    #expect(QueryStep(argument: "0") == nil && QueryStep(argument: "-1m") == nil && QueryStep(argument: "x") == nil)
    #expect(QueryRange.step(.seconds(3600), points: 250) == 15_000 && QueryRange.step(.zero, points: 250) == 1000)
    #expect(Timestamp(milliseconds: 1_500).unixText == "1.500" && Timestamp(milliseconds: -5).unixText == "-0.005")
  }

  @Test func namesInPaths() {
    #expect(QueryLabels.escaped("job") == "job" && QueryLabels.escaped("_a9") == "_a9")
    #expect(QueryLabels.escaped("http.status_code") == "U__http_2e_status__code")
  }

  @Test func differencesOfLines() {
    #expect(
      LineDifference(["a", "b", "c"], ["a", "x", "c", "d"]).lines
        == [.both("a"), .left("b"), .right("x"), .both("c"), .right("d")])
    #expect(LineDifference([], []).lines == [] && LineDifference(["a"], []).lines == [.left("a")])
  }
}

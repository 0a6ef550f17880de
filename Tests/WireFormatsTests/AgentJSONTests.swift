import FleetModel
import Testing

@testable import WireFormats

@Suite struct AgentJSONTests {
  private func read(_ body: String) -> ExpositionDocument { ExpositionDocument(Array(body.utf8), format: .agentJSON) }

  @Test func readsAMetric() throws {
    let document = read(
      #"""
      {"agent": {"x": [1, {"y": "z"}]}, "metrics": [
        {"name": "requests", "type": "counter", "value": 12, "labels": {"op": "plan", "empty": ""}},
        {"value": 0.25, "unit": "s", "name": "latency"}
      ], "at": null}
      """#)
    #expect(document.error == nil)
    #expect(
      document.entries == [
        .type(metric: "requests", type: .counter),
        .series(
          .init(
            labels: [Label("__name__", "requests"), Label("empty", ""), Label("op", "plan")], value: 12, timestamp: nil,
            exemplars: [])),
        .type(metric: "latency", type: .gauge),
        .series(.init(labels: [Label("__name__", "latency")], value: 0.25, timestamp: nil, exemplars: [])),
      ])
  }

  @Test(arguments: [
    (#"\u0041\n\t\\\/\"\b\f\r"#, "A\n\t\\/\"\u{8}\u{c}\r"), (#"\ud83d\ude00"#, "😀"), (#"\u0000"#, "\0"),
    (#"é\u00e9"#, "éé"),
  ])
  func unescapes(_ text: String, _ expected: String) throws {
    let document = read(#"{"metrics":[{"name":"a","value":1,"labels":{"\#(text)":"\#(text)"}}]}"#)
    let series = try #require(document.entries.last)
    guard case .series(let one) = series else { return #expect(Bool(false)) }
    #expect(one.labels.contains(Label(expected, expected)), "\(one)")
  }

  @Test(arguments: [
    (#""NaN""#, "NaN"), (#""+Inf""#, "+Inf"), (#""-Inf""#, "-Inf"), ("1e3", "1000"), ("-0", "-0"), (#""2""#, "2"),
  ])
  func readsValues(_ text: String, _ expected: String) throws {
    let document = read(#"{"metrics":[{"name":"a","type":"histogram","value":\#(text)}]}"#)
    guard case .series(let one)? = document.entries.last else { return #expect(Bool(false), "\(document)") }
    #expect(one.valueText == expected)
  }

  /// The error stands at the `¦` in the body.
  @Test(arguments: [
    (#"¦[]"#, "expected an object"), (#"¦"#, "the end of the body"), (#"{¦}"#, ""),
    (#"{"metrics":¦{}}"#, "as an array"),
    (#"{"metrics":[¦{"value":1}]}"#, "no \"name\""), (#"{"metrics":[¦{"name":"a"}]}"#, "has no \"value\""),
    (#"{"metrics":[{"name":¦1,"value":1}]}"#, "as a string, got a number"),
    (#"{"metrics":[{"name":"a","value":¦null}]}"#, "as a number, got null"),
    (#"{"metrics":[{"name":"a","value":¦{"sum":1}}]}"#, "metric of its own"),
    (#"{"metrics":[{"name":"a","value":¦"x"}]}"#, "bad value"),
    (#"{"metrics":[{"name":"a","value":¦01}]}"#, "start with 0"),
    (#"{"metrics":[{"name":"a","value":1,"type":"¦meter"}]}"#, "expected counter, gauge, histogram or summary"),
    (#"{"metrics":[{"name":"a","value":1,"labels":{"x":¦1}}]}"#, "got a number"),
    (#"{"metrics":[{"name":"a","value":1,"labels":¦[]}]}"#, "as an object"),
    (#"{"metrics":[{"name":"a","value":1,¦"value":2}]}"#, "stands twice"),
    (#"{"metrics":[{"name":"a","value":1}]}¦x"#, "behind the closing"),
    (#"{"metrics":[{"name":"a","value":1},¦]}"#, "as an object"),
    (#"{"metrics":[{"name":"¦\ud800","value":1}]}"#, "surrogate"),
    (#"{"metrics":[{"name":"a","value":¦1e999}]}"#, "beyond the range"), (#"{"metrics":[{"name":¦"a"#, "no end"),
    (#"{"metrics":[{"name":"a","value":1,"labels":{"¦__name__":"b"}}]}"#, "leave it out"),
    (#"{"metrics":[{"name":"¦","value":1}]}"#, "is empty"), (#"{"metrics":[],¦}"#, "as a string"),
  ])
  func errorsNameThePlace(_ marked: String, _ message: String) throws {
    let parts = marked.split(separator: "¦", omittingEmptySubsequences: false)
    let document = read(parts.joined())
    let error = try #require(document.error)
    #expect(error.message.contains(message), "\(error)")
    if !message.isEmpty { #expect(error.column == parts[0].unicodeScalars.count + 1, "\(error)") }
  }

  @Test func brokenUTF8IsRefused() {
    let body = Array(#"{"metrics":[{"name":"a"#.utf8) + [0xff] + Array(#"","value":1}]}"#.utf8)
    #expect(ExpositionDocument(body, format: .agentJSON).error?.message == "this string is not valid UTF-8")
  }
}

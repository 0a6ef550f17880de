import FleetModel
import NIOHTTP1
import Testing

@testable import ControlPlane

/// Requests and the exact bytes of their answers.
@Suite("the shapes of Prometheus' API") struct PrometheusShapeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var request: String
    var status = 200
    var body: String

    init(_ request: String, _ body: String, status: Int = 200) {
      self.request = request
      self.status = status
      self.body = body
    }

    var testDescription: String { request }
  }

  private static func success(_ data: String) -> String { "{\"status\":\"success\",\"data\":\(data)}" }

  private static func vector(_ result: String) -> String {
    success("{\"resultType\":\"vector\",\"result\":[\(result)]}")
  }

  private static func refusal(_ type: String, _ text: String) -> String {
    "{\"status\":\"error\",\"errorType\":\"\(type)\",\"error\":\"\(text)\"}"
  }

  private static let upOfA = #"{"metric":{"__name__":"up","instance":"1","job":"a"},"value":[1790000000,"1"]}"#

  static let values: [Case] = [
    Case("query?query=1%2B1&time=4", success(#"{"resultType":"scalar","result":[4,"2"]}"#)),
    Case(
      "query?query=1e22*pi()/pi()&time=4.1",
      success(#"{"resultType":"scalar","result":[4.1,"10000000000000000000000"]}"#)),
    Case("query?query=%22a%5C%22%22&time=4.25", success(#"{"resultType":"string","result":[4.25,"a\""]}"#)),
    Case("query?query=up{instance=%221%22}", vector(upOfA)),
    Case("query?query=nothing", vector("")),
    Case(
      "query?query=up%20==%201", vector(upOfA + #",{"metric":{"__name__":"up","job":"b\"c"},"value":[1790000000,"1"]}"#)
    ),
    Case(
      "query?query=up{job=~%22a%22}&time=1789999999.5&limit=0",
      vector(
        #"{"metric":{"__name__":"up","instance":"1","job":"a"},"value":[1789999999.500,"1"]},"#
          + #"{"metric":{"__name__":"up","instance":"2","job":"a"},"value":[1789999999.500,"0"]}"#)),
    Case(
      "query?query=up{instance=%221%22}[15s]",
      success(
        #"{"resultType":"matrix","result":[{"metric":{"__name__":"up","instance":"1","job":"a"},"#
          + #""values":[[1789999990,"1"],[1790000000,"1"]]}]}"#)),
    Case(
      "query?query={%22http.size%22}&time=2026-09-21T14:13:20Z",
      vector(#"{"metric":{"__name__":"http.size","content.type":"x\ny"},"value":[1790000000,"7"]}"#)),
    Case(
      "query_range?query=requests_total&start=1789999985&end=1790000000&step=7.5",
      success(
        #"{"resultType":"matrix","result":[{"metric":{"__name__":"requests_total","instance":"1","job":"a"},"#
          + #""values":[[1789999985,"40"],[1789999992.500,"50"],[1790000000,"60"]]}]}"#)),
    Case(
      "query_range?query=time()&start=0&end=2&step=1s",
      success(#"{"resultType":"matrix","result":[{"metric":{},"values":[[0,"0"],[1,"1"],[2,"2"]]}]}"#)),
    Case("query_range?query=nothing&start=0&end=2&step=1s", success(#"{"resultType":"matrix","result":[]}"#)),
    Case("query_exemplars?query=up&start=0&end=10", success("[]")),
    Case("query_exemplars?query=1&start=0&end=1790000000", success("[]")),
    Case(
      "query_exemplars?query=rate(requests_total%7Bjob=%22a%22%7D%5B5m%5D)%20/%20up",
      success(
        #"[{"seriesLabels":{"__name__":"requests_total","instance":"1","job":"a"},"exemplars":["#
          + #"{"labels":{"span_id":"00f0","trace_id":"4bf9"},"value":"0.25","timestamp":1789999979.500},"#
          + #"{"labels":{},"value":"+Inf","timestamp":1789999990}]},"#
          + #"{"seriesLabels":{"__name__":"up","instance":"1","job":"a"},"exemplars":["#
          + #"{"labels":{"trace_id":"\"x\""},"value":"1","timestamp":1789999990}]}]"#)),
    Case(
      "query_exemplars?query=requests_total&start=1789999980&end=1790000000",
      success(
        #"[{"seriesLabels":{"__name__":"requests_total","instance":"1","job":"a"},"exemplars":["#
          + #"{"labels":{},"value":"+Inf","timestamp":1789999990}]}]"#)),
  ]

  static let oddValues = [
    "%2BInf": "+Inf", "-Inf": "-Inf", "NaN": "NaN", "large": "1e+21", "million": "1000000", "small": "1.5e-07",
    "third": "-0.3333333333333333",
  ]

  static let remarks: [Case] = [
    Case(
      "query?query=up%20==%201&limit=1",
      #"{"status":"success","data":{"resultType":"vector","result":["# + upOfA
        + #"]},"warnings":["results truncated due to limit"]}"#),
    Case(
      "query?query=rate(up{instance=%221%22}[1m])",
      #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"instance":"1","job":"a"},"#
        + #""value":[1790000000,"0"]}]},"infos":["PromQL info: metric might not be a counter, name does not end in "#
        + #"_total/_sum/_count/_bucket: \"up\" (1:6)"]}"#),
    Case(
      "query?query=quantile(2,up)",
      #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1790000000,"+Inf"]}]},"#
        + #""warnings":["PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)"]}"#),
    Case(
      "labels?limit=2",
      #"{"status":"success","data":["__name__","content.type"],"warnings":["results truncated due to limit"]}"#),
    Case(
      "series?match[]=up&limit=1",
      #"{"status":"success","data":[{"__name__":"up","instance":"1","job":"a"}],"#
        + #""warnings":["results truncated due to limit"]}"#),
  ]

  static let names: [Case] = [
    Case("labels", success(#"["__name__","content.type","instance","is","job"]"#)),
    Case("labels?match[]=up&match[]=odd", success(#"["__name__","instance","is","job"]"#)),
    Case("labels?match[]=up&start=1&end=2", success("[]")),
    Case("labels?match[]=up&start=2&end=1", success("[]")),
    Case("label/job/values", success(#"["a","b\"c"]"#)),
    Case("label/job/values?match[]=up{instance=%222%22}", success(#"["a"]"#)),
    Case("label/job/values?match[]=requests_total&match[]=up{instance=%22%22}", success(#"["a","b\"c"]"#)),
    Case("label/content.type/values", success(#"["x\ny"]"#)),
    Case("label/U__content_2e_type/values", success(#"["x\ny"]"#)),
    Case("label/nothing/values", success("[]")),
    Case("label/__name__/values?limit=1000", success(#"["http.size","odd","requests_total","up"]"#)),
    Case(
      "series?match[]=up{job=%22a%22}&match[]=up{instance=%221%22}&match[]=requests_total",
      success(
        #"[{"__name__":"requests_total","instance":"1","job":"a"},{"__name__":"up","instance":"1","job":"a"},"#
          + #"{"__name__":"up","instance":"2","job":"a"}]"#)),
    Case("series?match[]=nothing", success("[]")),
    Case("format_query?query=sum(up)by(job)", success(#""sum by (job) (up)""#)),
  ]

  static let refusals: [Case] = [
    Case(
      "query",
      refusal("bad_data", #"invalid parameter \"query\": unknown position: parse error: no expression found in input"#),
      status: 400),
    Case(
      "query?query=sum(",
      refusal("bad_data", #"invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis"#), status: 400),
    Case(
      "query?query=1&time=x",
      refusal(
        "bad_data",
        #"invalid parameter \"time\": invalid time value for 'time': cannot parse \"x\" to a valid timestamp"#),
      status: 400),
    Case(
      "query?query=1&time=NaN",
      refusal(
        "bad_data",
        #"invalid parameter \"time\": invalid time value for 'time': cannot parse \"NaN\" to a valid timestamp"#),
      status: 400),
    Case(
      "query?query=1&timeout=x",
      refusal("bad_data", #"invalid parameter \"timeout\": cannot parse \"x\" to a valid duration"#), status: 400),
    Case(
      "query?query=1&limit=-1", refusal("bad_data", #"invalid parameter \"limit\": limit must be non-negative"#),
      status: 400),
    Case(
      "query?query=1&limit=a",
      refusal("bad_data", #"invalid parameter \"limit\": strconv.Atoi: parsing \"a\": invalid syntax"#), status: 400),
    Case(
      "query?query=1&lookback_delta=x",
      refusal("bad_data", #"error parsing lookback delta duration: cannot parse \"x\" to a valid duration"#),
      status: 400),
    Case(
      "query?query=up*on(job)up&time=1789999990",
      refusal(
        "execution",
        #"found duplicate series for the match group {job=\"a\"} on the right hand-side of the operation: [{__name__=\"up\", instance=\"1\", job=\"a\"}, {__name__=\"up\", instance=\"2\", job=\"a\"}];many-to-many matching not allowed: matching labels must be unique on one side"#
      ), status: 422),
    Case(
      "query_range?query=1&end=1&step=1",
      refusal("bad_data", #"invalid parameter \"start\": cannot parse \"\" to a valid timestamp"#), status: 400),
    Case(
      "query_range?query=1&start=2&end=1&step=1",
      refusal("bad_data", #"invalid parameter \"end\": end timestamp must not be before start time"#), status: 400),
    Case(
      "query_range?query=1&start=0&end=1",
      refusal("bad_data", #"invalid parameter \"step\": cannot parse \"\" to a valid duration"#), status: 400),
    Case(
      "query_range?query=1&start=0&end=1&step=-1",
      refusal(
        "bad_data",
        #"invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"#
      ), status: 400),
    Case(
      "query_range?query=1&start=0&end=1&step=1e10",
      refusal(
        "bad_data", #"invalid parameter \"step\": cannot parse \"1e10\" to a valid duration. It overflows int64"#),
      status: 400),
    Case(
      "query_range?query=1&start=0&end=11001&step=1",
      refusal(
        "bad_data",
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"),
      status: 400),
    Case(
      "query_range?query=up[5m]&start=0&end=1&step=1",
      refusal(
        "bad_data",
        #"invalid parameter \"query\": invalid expression type \"range vector\" for range query, must be Scalar or instant Vector"#
      ), status: 400),
    Case("series", refusal("bad_data", "no match[] parameter provided"), status: 400),
    Case(
      "series?match[]={}",
      refusal("bad_data", #"invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"#),
      status: 400),
    Case(
      "series?match[]=a{",
      refusal("bad_data", #"invalid parameter \"match[]\": 1:3: parse error: unexpected end of input inside braces"#),
      status: 400),
    Case(
      "labels?match[]=a{", refusal("bad_data", "1:3: parse error: unexpected end of input inside braces"), status: 400),
    Case(
      "labels?start=x",
      refusal(
        "bad_data",
        #"invalid parameter \"start\": invalid time value for 'start': cannot parse \"x\" to a valid timestamp"#),
      status: 400),
    Case(
      "label/job/values?match[]={}", refusal("bad_data", "match[] must contain at least one non-empty matcher"),
      status: 400),
    Case(
      "format_query?query=(",
      refusal("bad_data", #"invalid parameter \"query\": 1:2: parse error: unclosed left parenthesis"#), status: 400),
    Case(
      "parse_query?query=(",
      refusal("bad_data", #"invalid parameter \"query\": 1:2: parse error: unclosed left parenthesis"#), status: 400),
    Case("query_exemplars?query=(", refusal("bad_data", "1:2: parse error: unclosed left parenthesis"), status: 400),
    Case(
      "query_exemplars?query=up&start=2&end=1", refusal("bad_data", "end timestamp must not be before start timestamp"),
      status: 400),
  ]

  @Test(arguments: [values, remarks, names, refusals]) func answers(cases: [Case]) async throws {
    try await QueryFixture.with { server, _ in
      for one in cases {
        let path =
          "/api/v1/"
          + one.request.replacing("[]", with: "%5B%5D").replacing("{", with: "%7B")
          .replacing("}", with: "%7D").replacing("[", with: "%5B").replacing("]", with: "%5D")
          .replacing("(", with: "%28").replacing("\"", with: "%22")
        let answer = try await server.ask("GET", path)
        #expect(answer.status == one.status, "\(one.request)")
        #expect(answer.body == one.body, "\(one.request)")
        #expect(answer.headers.first(name: "content-type") == "application/json")
        // Whatever has a query can be asked by a form as well.
        guard !one.request.hasPrefix("label/") else { continue }
        let parts = path.split(separator: "?", maxSplits: 1)
        let form = try await server.ask(
          "POST", String(parts[0]), headers: [("content-type", "application/x-www-form-urlencoded")],
          body: parts.count > 1 ? String(parts[1]) : "")
        #expect(form.status == one.status)
        #expect(form.body == one.body, "\(one.request)")
      }
    }
  }

  @Test func valuesAreWrittenAsPrometheusDoes() async throws {
    try await QueryFixture.with { server, _ in
      for (name, text) in Self.oddValues {
        let answer = try await server.ask("GET", "/api/v1/query?query=odd%7Bis%3D%22\(name)%22%7D")
        #expect(answer.body.contains("\"value\":[1790000000,\"\(text)\"]"), "\(answer.body)")
      }
    }
  }

  @Test func statisticsHaveTheirShape() async throws {
    try await QueryFixture.with { server, _ in
      let query = "/api/v1/query_range?query=sum_over_time(up%5B20s%5D)%2Bup&start=1789999990&end=1790000000&step=10"
      let plain = try #require(try await server.ask("GET", query).json)
      #expect(plain["data"]?["stats"] == nil)
      for word in ["1", "all"] {
        let stats = try #require(try await server.ask("GET", query + "&stats=" + word).json?["data"]?["stats"])
        guard case .object(let timings)? = stats["timings"] else { return #expect(Bool(false), "no timings") }
        #expect(
          timings.map(\.key) == [
            "evalTotalTime", "resultSortTime", "queryPreparationTime", "innerEvalTime", "execQueueTime",
            "execTotalTime",
          ])
        // Two windows of two samples for three series, once each series itself; one of them has ended at the second step.
        #expect(stats["samples"]?["totalQueryableSamples"] == 16)
        #expect(stats["samples"]?["peakSamples"] != nil)
        let steps: JSONValue = [[1_789_999_990, 9], [1_790_000_000, 7]]
        #expect(stats["samples"]?["totalQueryableSamplesPerStep"] == (word == "all" ? steps : nil))
      }
    }
  }

  @Test func theTreeOfAQuery() async throws {
    let trees = [
      "-1": #"{"type":"numberLiteral","val":"-1"}"#,
      #""a""#: #"{"type":"stringLiteral","val":"a"}"#,
      "5m": #"{"type":"numberLiteral","val":"300"}"#,
      "-(up)":
        #"{"expr":{"expr":{"anchored":false,"matchers":[{"name":"__name__","type":"=","value":"up"}],"name":"up","offset":0,"smoothed":false,"startOrEnd":null,"timestamp":null,"type":"vectorSelector"},"type":"parenExpr"},"op":"-","type":"unaryExpr"}"#,
      "rate({a!~\"b\",c=\"d\"}[5m] offset 1m @ 2)":
        #"{"args":[{"anchored":false,"matchers":[{"name":"a","type":"!~","value":"b"},{"name":"c","type":"=","value":"d"}],"name":"","offset":60000,"range":300000,"smoothed":false,"startOrEnd":null,"timestamp":2000,"type":"matrixSelector"}],"func":{"argTypes":["matrix"],"name":"rate","returnType":"vector","variadic":0},"type":"call"}"#,
      "topk by (b) (1, max_over_time(vector(1)[1h:] @ end()))":
        #"{"expr":{"args":[{"expr":{"args":[{"type":"numberLiteral","val":"1"}],"func":{"argTypes":["scalar"],"name":"vector","returnType":"vector","variadic":0},"type":"call"},"offset":0,"range":3600000,"startOrEnd":"end","step":0,"timestamp":null,"type":"subquery"}],"func":{"argTypes":["matrix"],"name":"max_over_time","returnType":"vector","variadic":0},"type":"call"},"grouping":["b"],"op":"topk","param":{"type":"numberLiteral","val":"1"},"type":"aggregation","without":false}"#,
    ]
    try await QueryFixture.with { server, _ in
      for (query, tree) in trees {
        let answer = try await server.ask(
          "POST", "/api/v1/parse_query", headers: [("content-type", "application/x-www-form-urlencoded")],
          body: "query=" + query.utf8.map { "%" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        )
        #expect(answer.body == Self.success(tree), "\(query)")
      }
      let matched = try await server.ask("GET", "/api/v1/parse_query?query=a%20%3E%20bool%20on(x)%20group_left(y)%20b")
      let matching = try #require(matched.json?["data"]?["matching"])
      #expect(
        matching == [
          "card": "many-to-one", "fillValues": ["lhs": .null, "rhs": .null], "include": ["y"], "labels": ["x"],
          "on": true,
        ])
      #expect(matched.json?["data"]?["bool"] == true)
    }
  }

  @Test func federation() async throws {
    try await QueryFixture.with { server, _ in
      let answer = try await server.ask(
        "GET", "/federate?match%5B%5D=up&match%5B%5D=%7B__name__%3D~%22http.*%7Crequests_total%7Cup%22%7D")
      #expect(answer.status == 200)
      #expect(
        answer.headers.first(name: "content-type") == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
      #expect(
        answer.body == #"""
          # TYPE http_size untyped
          http_size{content_type="x\ny",instance=""} 7 1790000000000
          # TYPE requests_total untyped
          requests_total{instance="1",job="a"} 60 1790000000000
          # TYPE up untyped
          up{instance="1",job="a"} 1 1790000000000
          up{job="b\"c",instance=""} 1 1790000000000

          """#)
      let million = try await server.ask("GET", "/federate?match%5B%5D=odd%7Bis%3D~%22million%7Csmall%7CNaN%22%7D").body
      #expect(
        million == """
          # TYPE odd untyped
          odd{is="NaN",instance=""} NaN 1790000000000
          odd{is="million",instance=""} 1e+06 1790000000000
          odd{is="small",instance=""} 1.5e-07 1790000000000

          """)
      let bad = try await server.ask("GET", "/federate?match%5B%5D=%7B")
      #expect(bad.status == 400)
      #expect(bad.body == "1:2: parse error: unexpected end of input inside braces\n")
      #expect(try await server.ask("GET", "/federate").body == "")
    }
  }
}

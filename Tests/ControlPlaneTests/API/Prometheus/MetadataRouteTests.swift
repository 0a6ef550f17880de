import FleetModel
import Ingest
import Testing

@testable import ControlPlane

@Suite struct MetadataRouteTests {
  private func bench() throws -> StatusBench {
    var bench = StatusBench()
    bench.instances = [try StatusBench.target("a", "h:1", labels: ["team": "x"]), try StatusBench.target("b", "h:2")]
    bench.metadata.record(family: "m_total", type: .counter, help: "say \"it\"\n", unit: "")
    return bench
  }

  @Test func oneFamily() async throws {
    let bench = try bench()
    #expect(
      try await bench.data("metadata?metric=m_total")
        == #"{"m_total":[{"type":"counter","help":"say \"it\"\n","unit":""}]}"#)
    #expect(try await bench.data("metadata?metric=none") == "{}")
  }

  @Test func severalWordsOfOneFamilyAndLimits() async throws {
    let bench = try bench()
    bench.metadata.record(family: "up", type: .gauge, help: "mine", unit: "")
    let all = try await bench.data("metadata?metric=up")
    #expect(all.hasPrefix(#"{"up":[{"type":"gauge","help":"Whether"#))
    #expect(all.hasSuffix(#"{"type":"gauge","help":"mine","unit":""}]}"#))
    #expect(!(try await bench.data("metadata?metric=up&limit_per_metric=1")).contains("mine"))
    #expect((try await bench.data("metadata?metric=up&limit_per_metric=0")).contains("mine"))
    #expect(try await bench.data("metadata?limit=0") == "{}")
    let two = try JSONParser.parse(Array(try await bench.data("metadata?limit=2").utf8))
    guard case .object(let members) = two else { throw CancellationError() }
    #expect(members.map(\.key) == ["ALERTS", "ALERTS_FOR_STATE"])
  }

  @Test func whatTargetsSay() async throws {
    let bench = try bench()
    #expect(
      try await bench.data("targets/metadata?metric=scrape_duration_seconds&match_target={team=%22x%22}")
        == #"[{"target":{"agent_id":"a","instance":"h:1","team":"x"},"type":"gauge","#
        + #""help":"How long the last collection took.","unit":"seconds"}]"#)
    // Prometheus names the family where none was asked for.
    let all = try await bench.data("targets/metadata?match_target={agent_id=~%22a%7Cb%22,team=%22%22}")
    #expect(
      all.hasPrefix(#"[{"target":{"agent_id":"b","instance":"h:2"},"metric":"network_bytes_recv","type":"counter""#))
    #expect(try await bench.data("targets/metadata?metric=up&limit=1") != "[]")
    #expect(try await bench.data("targets/metadata?metric=up&limit=0") == "[]")
    let three = try JSONParser.parse(Array(try await bench.data("targets/metadata?limit=3").utf8))
    guard case .array(let entries) = three else { throw CancellationError() }
    #expect(entries.count == 3)
    #expect(try await bench.data("targets/metadata?metric=m_total") == "[]")
    #expect(try await bench.data("targets/metadata?match_target={agent_id=%22c%22}") == "[]")
  }

  @Test(
    arguments: [
      ("metadata?limit=x", "400 bad_data: limit must be a number"),
      ("metadata?limit_per_metric=1.5", "400 bad_data: limit_per_metric must be a number"),
      ("targets/metadata?limit=x", "400 bad_data: limit must be a number"),
      (
        "targets/metadata?match_target={a=",
        "400 bad_data: invalid parameter \"match_target\": 1:4: parse error: unexpected end of input inside braces"
      ),
    ])
  func refusals(_ path: String, _ words: String) async throws {
    #expect(try await bench().refusal(path) == words)
  }
}

@Suite struct TargetRouteTests {
  @Test func everyStateOfATarget() async throws {
    var bench = StatusBench()
    bench.instances = [
      try StatusBench.target(
        "a", "h:1", labels: ["team": "x"], result: CollectionResult(isUp: true, duration: .milliseconds(2))),
      try StatusBench.target(
        "b", "h:2", result: CollectionResult(isUp: false, duration: .seconds(10), failure: "no answer")),
      try StatusBench.target("c", "[::1]:3"),
    ]
    let a =
      #"{"discoveredLabels":{"__address__":"h:1","__meta_skep_agent_id":"a","__metrics_path__":"/m","__scheme__":"http","#
      + #""__scrape_interval__":"30s","__scrape_timeout__":"10s","job":"multi-agent-system","team":"x"},"#
      + #""labels":{"agent_id":"a","instance":"h:1","team":"x"},"scrapePool":"multi-agent-system","#
      + #""scrapeUrl":"http://h:1/m?x=1","globalUrl":"http://h:1/m?x=1","lastError":"","#
      + #""lastScrape":"2026-11-23T01:02:03.504Z","lastScrapeDuration":0.002,"health":"up","scrapeInterval":"30s","#
      + #""scrapeTimeout":"10s"}"#
    let answer = try await bench.data("targets")
    #expect(answer.hasPrefix(#"{"activeTargets":["# + a + ","))
    #expect(
      answer.contains(
        #""lastError":"no answer","lastScrape":"2026-11-23T01:02:03.504Z","lastScrapeDuration":10,"health":"down""#))
    #expect(
      answer.contains(#""lastError":"","lastScrape":"0001-01-01T00:00:00Z","lastScrapeDuration":0,"health":"unknown""#))
    #expect(answer.contains(#""__address__":"[::1]:3""#))
    #expect(answer.hasSuffix(#""droppedTargets":[],"droppedTargetCounts":{"multi-agent-system":0}}"#))
    #expect(
      try await bench.data("targets?state=Active") == answer.replacing(#"{"multi-agent-system":0}"#, with: "null"))
    #expect(try await bench.data("targets?scrapePool=multi-agent-system") == answer)
    let none = #"{"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":{"multi-agent-system":0}}"#
    #expect(try await bench.data("targets?state=dropped") == none)
    #expect(try await bench.data("targets?scrapePool=other") == none)
  }

  @Test func pools() async throws {
    #expect(try await StatusBench().data("scrape_pools") == #"{"scrapePools":["multi-agent-system"]}"#)
  }
}

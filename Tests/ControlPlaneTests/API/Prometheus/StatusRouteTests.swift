import FleetModel
import PromQL
import SampleStore
import Synchronization
import Testing

@testable import ControlPlane

@Suite struct StatusRouteTests {
  private let bench = StatusBench()

  /// Grafana asks for it first: a server with `features` it takes for Mimir.
  @Test func buildInfo() async throws {
    #expect(
      try await bench.data("status/buildinfo")
        == #"{"version":"3.14.0","revision":"skep-0.0.1","branch":"skep","buildUser":"","buildDate":"","goVersion":""}"#
    )
  }

  @Test func runtimeInfo() async throws {
    #expect(
      try await bench.data("status/runtimeinfo")
        == #"{"startTime":"2026-11-23T01:02:03.004Z","CWD":"/srv","hostname":"box","serverTime":"2026-11-23T01:03:03.004Z","#
        + #""reloadConfigSuccess":true,"lastConfigTime":"2026-11-23T01:02:03.004Z","corruptionCount":1,"#
        + #""goroutineCount":7,"GOMAXPROCS":4,"GOMEMLIMIT":0,"GOGC":"","GODEBUG":"","#
        + #""storageRetention":"15d or 1024B"}"#)
  }

  @Test func configurationAndFlags() async throws {
    var bench = bench
    bench.shownFlags = ["web.listen-address": "127.0.0.1:0", "agent": "false"]
    #expect(try await bench.data("status/config") == #"{"yaml":"system: demo\n"}"#)
    #expect(try await bench.data("status/flags") == #"{"agent":"false","web.listen-address":"127.0.0.1:0"}"#)
  }

  @Test func aRefusedFileIsToldOf() async throws {
    var bench = bench
    #expect(try await bench.data("notifications") == "[]")
    bench.loaded.refusedAt = StatusBench.start + .milliseconds(96)
    #expect(
      try await bench.data("notifications")
        == #"[{"text":"Configuration reload has failed.","date":"2026-11-23T01:02:03.1Z","active":true}]"#)
    #expect((try await bench.data("status/runtimeinfo")).contains(#""reloadConfigSuccess":false"#))
  }

  @Test func tsdb() async throws {
    #expect(
      try await bench.data("status/tsdb")
        == #"{"headStats":{"numSeries":0,"numLabelPairs":17,"chunkCount":0,"minTime":0,"maxTime":0},"#
        + #""seriesCountByMetricName":[],"labelValueCountByLabelName":[{"name":"agent_id","value":3}],"#
        + #""memoryInBytesByLabelName":[{"name":"agent_id","value":40}],"#
        + #""seriesCountByLabelValuePair":[{"name":"agent_id=a=\"b","value":2}]}"#)
    #expect(
      try await bench.data("status/tsdb/blocks")
        == #"{"blocks":[{"ulid":"0000000007.block","minTime":1790000000000,"maxTime":1790000060000,"#
        + #""stats":{"numSamples":1000,"numSeries":10,"numChunks":10},"#
        + #""compaction":{"level":1,"sources":["0000000007.block"]},"version":1}]}"#)
    #expect(try await bench.data("status/walreplay") == #"{"min":0,"max":0,"current":0}"#)
  }

  @Test(
    arguments: [
      ("0", "limit must be a positive number"), ("x", "limit must be a positive number"),
      ("10001", "limit must not exceed 10000"),
    ])
  func tsdbLimits(_ limit: String, _ words: String) async throws {
    #expect(try await bench.refusal("status/tsdb?limit=\(limit)") == "400 bad_data: " + words)
  }

  @Test func aStoreThatFailsIsUnavailable() async throws {
    bench.store.state.withLock { $0.failure = .invalid("broken") }
    #expect(try await bench.refusal("status/tsdb") == "400 bad_data: broken")
  }

  @Test func featuresNameWhatThereIs() async throws {
    let document = try JSONParser.parse(Array(try await bench.data("features").utf8))
    #expect(document["api"]?["remote_write_receiver"] == true && document["api"]?["lifecycle"] == false)
    #expect(document["promql_functions"]?["rate"] == true)
    #expect(document["tsdb"]?["exemplar_storage"] == true)
    #expect(document["promql_operators"]?["=~"] == true && document["promql_operators"]?["limitk"] == false)
    guard case .object(let functions)? = document["promql_functions"] else { throw CancellationError() }
    #expect(functions.map(\.key) == Function.all.keys.sorted())
  }
}

@Suite struct StatusDescriptionTests {
  /// No path or operation of these routes is another's.
  @Test func everyRouteIsDescribedOnce() {
    let bench = StatusBench()
    let table = RouteTable.fleet(
      operations: FakeOperations(), store: FakeStoreOperations(), metrics: { "" }, sessions: .nobodys,
      look: { await FakeOperations().board() }, further: PrometheusRoutes.status(bench, store: bench.store))
    let ids = table.routes.map(\.operationID)
    #expect(Set(ids).count == ids.count)
    let document = OpenAPIDocument.json(for: table.routes)
    #expect(document["paths"]?["/api/v1/admin/tsdb/snapshot"]?["put"]?["operationId"] == "snapshotTSDBByPut")
    #expect(document["paths"]?["/api/v1/rules"]?["get"] != nil)
  }
}

@Suite struct StoreAdminRouteTests {
  private let bench = StatusBench()

  private var deleted: [String] {
    bench.store.state.withLock { state in
      state.deleted.map { "\($0.matchers.map(\.description)) \($0.from.milliseconds) \($0.through.milliseconds)" }
    }
  }

  @Test(arguments: ["POST", "PUT"]) func deletesWhatIsSelected(_ method: String) async throws {
    let answer = try await bench.ask(
      "\(method) /api/v1/admin/tsdb/delete_series?match[]=up&match[]={a=%22b%22}&start=1&end=1970-01-01T00:00:02.5Z")
    #expect(answer.status == 204 && answer.body.isEmpty)
    #expect(deleted == [#"["__name__=\"up\""] 1000 2500"#, #"["a=\"b\""] 1000 2500"#])
  }

  @Test func withoutTimesAllOfThemAreMeant() async throws {
    #expect(try await bench.ask("POST /api/v1/admin/tsdb/delete_series?match[]=up").status == 204)
    #expect(deleted == [#"["__name__=\"up\""] \#(-(1 << 53)) \#(1 << 53)"#])
  }

  /// A selector that does not parse leaves the others undone too.
  @Test(
    arguments: [
      ("", "no match[] parameter provided"),
      (
        "match[]=up&match[]={", "invalid parameter \"match[]\": 1:2: parse error: unexpected end of input inside braces"
      ),
      ("match[]={a=%22%22}", "invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"),
      (
        "match[]=up&start=x",
        "invalid parameter \"start\": invalid time value for 'start': cannot parse \"x\" to a valid timestamp"
      ),
    ])
  func refusals(_ query: String, _ words: String) async throws {
    let (status, body) = try await bench.ask("POST /api/v1/admin/tsdb/delete_series?" + query)
    let document: JSONValue = ["status": "error", "errorType": "bad_data", "error": .string(words)]
    #expect(status == 400 && body == document.description)
    #expect(deleted.isEmpty)
  }

  @Test func snapshots() async throws {
    let answer = try await bench.ask("PUT /api/v1/admin/tsdb/snapshot?skip_head=false")
    #expect(answer.status == 200 && answer.body == #"{"status":"success","data":{"name":"now"}}"#)
    #expect(try await bench.ask("POST /api/v1/admin/tsdb/snapshot?skip_head=true").status == 400)
    #expect(try await bench.ask("POST /api/v1/admin/tsdb/clean_tombstones").status == 204)
    #expect(try await bench.ask("GET /api/v1/admin/tsdb/snapshot").status == 404)
  }

  @Test func onlyOperatorsMay() {
    for route in StoreAdminRoutes(store: bench.store).routes { #expect(route.access == .operate) }
    for route in PrometheusRoutes.status(bench, store: bench.store) where !route.path.contains("/admin/") {
      #expect(route.access == .read && route.method == .get)
    }
  }
}

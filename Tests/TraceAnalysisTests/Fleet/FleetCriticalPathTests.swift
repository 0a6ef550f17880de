import FleetModel
import Testing

@testable import TraceAnalysis

@Suite struct FleetCriticalPathTests {
  static func findings(_ traffic: SimulatedTraffic, order: UInt64 = 0, sampled: Int = 2_000)
    -> FleetCriticalPath.Findings
  {
    var options = FleetCriticalPath.Options()
    options.sampledRequests = sampled
    var path = FleetCriticalPath(options: options)
    traffic.feed(seed: order) { path.add($0, names: $1) }
    return path.findings()
  }

  /// A slow agent is named; one that is slow for one request in ten is named for the tail alone.
  @Test func whoIsSlowIsNamed() throws {
    var traffic = SimulatedTraffic.team(seed: 1)
    traffic.agents[2].work = 40_000_000
    traffic.run(entry: 0, requests: 270, perSecond: 10)
    traffic.agents[3].work = 300_000_000
    traffic.run(entry: 0, requests: 30, perSecond: 10)
    let findings = Self.findings(traffic)
    #expect(findings.requests == 300 && findings.sampledRequests == 300 && findings.unfinished == 0)
    #expect(findings.medianOperation == OperationName(agent: "searcher", operation: "handle"))
    #expect(findings.tailOperation?.agent == "reader")
    #expect(abs(findings.rows.reduce(0) { $0 + $1.share } - 1) < 1e-9)
    #expect(abs(findings.rows.reduce(0) { $0 + $1.medianShare } - 1) < 1e-9)
    #expect(abs(findings.rows.reduce(0) { $0 + $1.tailShare } - 1) < 1e-9)
    let searcher = try #require(findings.rows.first { $0.key.agent == "searcher" })
    let half = try #require(searcher.whatIf.last)
    // One after the other: half of the work of a request about the median goes, and no more than that.
    #expect(half.faster == 0.5 && half.p50Gain > 15_000_000 && half.p50Gain < 25_000_000)
    #expect(searcher.whatIf.map(\.p50Gain) == searcher.whatIf.map(\.p50Gain).sorted())
  }

  /// One in eight waits for the searcher, and that is p95; a few that wait a thousand times longer for someone else are not.
  @Test(arguments: [(1_000, 1), (1_000, 30), (100, 1), (100, 3), (25, 1)])
  func outliersDoNotDetermineP95(requests: Int, outliers: Int) throws {
    var names = NameTable()
    var path = FleetCriticalPath()
    let agents = ["gateway", "searcher", "approval"].map { names.number(of: $0) }
    let work = names.number(of: "work")
    for number in 0..<requests {
      let isOutlier = (number * outliers) % requests < outliers
      let searched: Int64 = (number % 8 == 3 ? 400_000_000 : 50_000_000) + Int64(number % 10) * 1_000_000
      let waited: Int64 = isOutlier ? 600_000_000_000 : 0
      func span(_ id: UInt64, _ agent: NameID, _ start: Int64, _ end: Int64) throws -> SpanOutline {
        SpanOutline(
          spanID: try #require(SpanID(rawValue: id)), parent: id == 1 ? 0 : 1, start: start, end: end, agent: agent,
          operation: work, kind: .server, state: .ok)
      }
      var spans = [
        try span(1, agents[0], 0, searched + waited + 20_000_000),
        try span(2, agents[1], 5_000_000, 5_000_000 + searched),
      ]
      if isOutlier { spans.append(try span(3, agents[2], searched + 6_000_000, searched + 6_000_000 + waited)) }
      let trace = TraceOutline(traceID: try #require(TraceID(high: 1, low: UInt64(number + 1))), spans: spans)
      path.add(TraceTree(trace), names: names)
    }
    let findings = path.findings()
    #expect(findings.tailOperation == OperationName(agent: "searcher", operation: "work"))
    let named = try #require(findings.rows.first { $0.key == findings.tailOperation })
    #expect(named.whatIf.allSatisfy { $0.p95Gain > 0 })
    #expect(abs(findings.rows.reduce(0) { $0 + $1.tailShare } - 1) < 1e-9)
  }

  @Test(arguments: [2_000, 50])
  func theOrderOfTracesDoesNotMatter(sampled: Int) {
    var traffic = SimulatedTraffic.team(seed: 2)
    traffic.run(entry: 0, requests: 400, perSecond: 10)
    let first = Self.findings(traffic, sampled: sampled)
    #expect(first.sampledRequests == min(sampled, 400))
    for order in 1...4 as ClosedRange<UInt64> {
      #expect(Self.findings(traffic, order: order, sampled: sampled) == first)
    }
  }

  @Test func requestsUnderWayAreCountedApart() {
    var traffic = SimulatedTraffic.team(seed: 3)
    traffic.run(entry: 0, requests: 3, perSecond: 10)
    var path = FleetCriticalPath()
    for trace in traffic.traces {
      var trace = trace
      for position in trace.spans.indices where trace.spans[position].parent == 0 {
        trace.spans[position].state = .active
      }
      path.add(TraceTree(trace), names: traffic.names)
    }
    let findings = path.findings()
    #expect(findings.unfinished == 3 && findings.requests == 0 && findings.rows == [] && findings.p95 == nil)
    #expect(findings.medianOperation == nil && findings.tailOperation == nil)
  }

  /// Where the context is lost now and then, parts of requests stand among the requests, and the findings say how many.
  @Test func partsOfRequestsAreCounted() {
    var traffic = SimulatedTraffic.team(seed: 5)
    traffic.run(entry: 0, requests: 90, perSecond: 10)
    #expect(Self.findings(traffic).fragments == 0)
    traffic.dropping = [[1, 4]]
    traffic.run(entry: 0, requests: 20, perSecond: 10)
    let findings = Self.findings(traffic)
    #expect(findings.requests == 130 && findings.fragments == 20)
  }

  /// More kinds of operations than are told apart share a row.
  @Test func namesAreBounded() throws {
    var names = NameTable()
    var path = FleetCriticalPath()
    let agent = names.number(of: "a")
    for number in 1...5_000 as ClosedRange<UInt64> {
      let span = SpanOutline(
        spanID: try #require(SpanID(rawValue: 1)), parent: 0, start: 0, end: 10, agent: agent,
        operation: names.number(of: "op \(number)"), kind: .server, state: .ok)
      path.add(
        TraceTree(TraceOutline(traceID: try #require(TraceID(high: 0, low: number)), spans: [span])), names: names)
    }
    let findings = path.findings()
    #expect(findings.rows.count == OperationIndex.limit + 1)
    #expect(findings.rows.first?.key.operation == OperationIndex.others && findings.rows.first?.requests == 3_000)
  }
}

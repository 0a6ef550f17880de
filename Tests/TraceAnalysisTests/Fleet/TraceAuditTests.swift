import FleetModel
import TestSupport
import Testing

@testable import TraceAnalysis

@Suite struct TraceAuditTests {
  static func audit(
    _ traffic: SimulatedTraffic, order: UInt64 = 0, options: TraceAudit.Options = TraceAudit.Options()
  ) -> AuditFindings {
    var audit = TraceAudit(now: 100_000_000_000_000, options: options)
    traffic.feed(seed: order) { audit.add($0, names: $1) }
    return audit.findings()
  }

  /// Fleets of random shape and load without a fault: nothing may be reported.
  @Test func healthyFleetsGiveNoAlarm() {
    for seed in 1...60 as ClosedRange<UInt64> {
      let random = SeededRandom(seed: seed &* 977)
      let count = 3 + Int(random.next() % 5)
      let agents = (0..<count).map { number -> SimulatedTraffic.Agent in
        var agent = SimulatedTraffic.Agent(name: "agent-\(number)", work: Int64(1 + random.next() % 20) * 1_000_000)
        agent.calls = (number + 1..<max(count, number + 1)).filter { _ in random.next() % 2 == 0 }
        agent.modelCalls = Int(random.next() % 3)
        agent.hasClientSpans = random.next() % 4 != 0
        return agent
      }
      var traffic = SimulatedTraffic(agents, seed: seed)
      traffic.conversations = random.next() % 2 == 0
      traffic.tasks = random.next() % 2 == 0
      // Each second agent is asked by users directly, too, some at a rate that keeps many requests under way at once.
      let load = [0.5, 5, 50, 400][Int(random.next() % 4)]
      for entry in stride(from: 0, to: count, by: 2) { traffic.run(entry: entry, requests: 80, perSecond: load) }
      let findings = Self.audit(traffic)
      #expect(findings.edges.filter { $0.confidence > .low } == [], "seed \(seed)")
    }
  }

  struct Loss: Sendable, CustomTestStringConvertible {
    var name: String
    var perSecond: Double
    /// Losses begin after so many of the 200 requests.
    var after = 100
    var tasks = false
    var conversations = false
    var clientSpans = true
    var evidence: AuditFindings.Evidence
    var confidence: AuditFindings.Confidence

    var testDescription: String { name }
  }

  @Test(arguments: [
    Loss(name: "task ids", perSecond: 2, tasks: true, evidence: .task, confidence: .high),
    Loss(name: "task ids, from the first on", perSecond: 2, after: 0, tasks: true, evidence: .task, confidence: .high),
    Loss(name: "conversations", perSecond: 2, conversations: true, evidence: .conversation, confidence: .high),
    Loss(name: "a known call site", perSecond: 2, evidence: .knownCallSite, confidence: .high),
    Loss(name: "a known call site, busy", perSecond: 60, evidence: .knownCallSite, confidence: .high),
    Loss(
      name: "no spans of kind client", perSecond: 2, clientSpans: false, evidence: .knownCallSite, confidence: .high),
    Loss(name: "the name alone", perSecond: 2, after: 0, evidence: .operationName, confidence: .high),
  ])
  func droppedContextIsFound(_ loss: Loss) throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      var traffic = SimulatedTraffic.team(seed: seed)
      traffic.tasks = loss.tasks
      traffic.conversations = loss.conversations
      // The caller has nothing else below its span, so that the call site is one without children.
      traffic.agents[2].calls = [4]
      traffic.agents[2].hasClientSpans = loss.clientSpans
      traffic.run(entry: 0, requests: loss.after, perSecond: loss.perSecond)
      traffic.dropping = [[2, 4]]
      traffic.run(entry: 0, requests: 200 - loss.after, perSecond: loss.perSecond, from: 2_000_000_000_000)
      let findings = Self.audit(traffic)
      let sure = findings.edges(atLeast: .medium)
      #expect(sure.map { "\($0.caller ?? "")→\($0.callee)" } == ["searcher→writer"], "seed \(seed)")
      let edge = try #require(sure.first)
      #expect(edge.linked == loss.after && edge.confidence == loss.confidence)
      #expect(edge.lost >= (200 - loss.after) * 9 / 10 && edge.lost <= 200 - loss.after)
      #expect((edge.lostByEvidence[loss.evidence] ?? 0) * 10 >= edge.lost * 9)
      #expect(edge.examples.count == 5)
      // Every example is a pair of spans that do belong together.
      let traces = Dictionary(uniqueKeysWithValues: traffic.traces.map { ($0.traceID, $0) })
      for example in edge.examples {
        let caller = try #require(example.caller)
        let above = try #require(traces[caller.traceID]?.spans.first { $0.spanID == caller.spanID })
        let below = try #require(traces[example.callee.traceID]?.spans.first { $0.spanID == example.callee.spanID })
        #expect(above.start <= below.start && below.end <= above.end)
        #expect(traffic.names[above.agent] == "searcher" && traffic.names[below.agent] == "writer")
      }
    }
  }

  @Test func missingParentsAreFoundOnceTheTraceIsComplete() throws {
    var traffic = SimulatedTraffic.team(seed: 4)
    traffic.run(entry: 0, requests: 50, perSecond: 5)
    let calling = traffic.names.names.firstIndex(of: "POST /writer").map { NameID(rawValue: Int32($0)) }
    let cut = traffic.traces.enumerated().map { number, trace in
      number % 5 == 0
        ? TraceOutline(traceID: trace.traceID, spans: trace.spans.filter { $0.operation != calling }) : trace
    }
    func audit(now: Int64) -> AuditFindings {
      var audit = TraceAudit(now: now)
      for trace in cut { audit.add(TraceTree(trace), names: traffic.names) }
      return audit.findings()
    }
    let edge = try #require(audit(now: 100_000_000_000_000).edges.first)
    #expect(edge.caller == "planner" && edge.callee == "writer" && edge.lost == 10 && edge.linked == 40)
    #expect(edge.lostByEvidence == [.missingParent: 10] && edge.confidence == .high && edge.examples.count == 5)
    // Before the trace has settled the parent may still come.
    #expect(audit(now: 1_000_000_000_000).edges == [])
  }

  /// Callers outside of the fleet hand the context on and export nothing; one trace with a root proves nothing about those.
  @Test func aSureLossDoesNotVouchForCallersOutsideTheFleet() throws {
    var traffic = SimulatedTraffic([SimulatedTraffic.Agent(name: "edge")], seed: 12)
    traffic.run(entry: 0, requests: 100, perSecond: 5)
    var audit = TraceAudit(now: 100_000_000_000_000)
    for (number, trace) in traffic.traces.enumerated() {
      var spans = trace.spans
      for position in spans.indices { spans[position].parent = 77 }
      if number == 0, var root = spans.first {
        root.spanID = try #require(SpanID(rawValue: 78))
        root.parent = 0
        spans.append(root)
      }
      audit.add(TraceTree(TraceOutline(traceID: trace.traceID, spans: spans)), names: traffic.names)
    }
    let findings = audit.findings()
    #expect(findings.edges.map(\.lost) == [100])
    #expect(findings.edges(atLeast: .medium).map(\.lost) == [1])
    #expect(findings.edges(atLeast: .medium).flatMap(\.examples).count == 1)
  }

  /// An audit that nobody waits for any more ends within the work on one root.
  @Test(arguments: [1, 2, 100, 1_000]) func matchingCanBeGivenUp(_ calls: Int) {
    var traffic = SimulatedTraffic.team(seed: 13)
    traffic.dropping = [[1, 2], [1, 4]]
    traffic.run(entry: 0, requests: 200, perSecond: 50)
    var audit = TraceAudit(now: 100_000_000_000_000)
    traffic.feed { audit.add($0, names: $1) }
    var asked = 0
    #expect(throws: CancellationError.self) {
      try audit.findings {
        asked += 1
        if asked >= calls { throw CancellationError() }
      }
    }
    #expect(asked == calls)
  }

  /// Somebody whom nobody traces asks two agents at once, in one conversation; the first asks a model meanwhile.
  @Test(arguments: ["chat", "", "execute_tool"]) func aSharedConversationIsNoCall(_ operation: String) throws {
    var names = NameTable()
    var audit = TraceAudit(now: 100_000_000_000_000)
    for number in 0..<40 as Range<UInt64> {
      let start = Int64(number) * 20_000_000_000
      let conversation = names.number(of: "conversation-\(number)")
      func span(
        _ id: UInt64, _ parent: UInt64, _ agent: String, _ name: String, _ kind: SpanKind, _ times: Range<Int64>
      ) throws -> SpanOutline {
        var span = SpanOutline(
          spanID: try #require(SpanID(rawValue: number * 10 + id)), parent: parent,
          start: start + times.lowerBound * 1_000_000, end: start + times.upperBound * 1_000_000,
          agent: names.number(of: agent), operation: names.number(of: name), kind: kind, state: .completed)
        span.conversation = conversation
        return span
      }
      var call = try span(2, number * 10 + 1, "assistant", "chat large", .client, 10..<4_900)
      call.genAIOperation = operation.isEmpty ? .none : names.number(of: operation)
      if operation != "execute_tool" { call.model = names.number(of: "large") }
      let traces = [
        [try span(1, 0, "assistant", "POST /chat", .server, 0..<5_000), call],
        [try span(3, 0, "titler", "POST /title", .server, 50..<800)],
      ]
      var generator = SimulatedTraffic.Generator(random: SeededRandom(seed: number + 1))
      for spans in traces {
        audit.add(TraceTree(TraceOutline(traceID: TraceID(using: &generator), spans: spans)), names: names)
      }
    }
    let findings = audit.findings()
    #expect(findings.edges(atLeast: .medium) == [])
    // What is not known to be a model's call remains in doubt.
    #expect(findings.edges.map(\.lost) == (operation == "execute_tool" ? [40] : []))
  }

  @Test func theOrderOfTracesDoesNotMatter() {
    var traffic = SimulatedTraffic.team(seed: 9)
    traffic.agents[2].calls = [4]
    traffic.run(entry: 0, requests: 60, perSecond: 20)
    traffic.dropping = [[2, 4], [0, 1]]
    traffic.run(entry: 0, requests: 60, perSecond: 20)
    var few = TraceAudit.Options()
    few.spanLimit = 300
    for options in [TraceAudit.Options(), few] {
      let first = Self.audit(traffic, options: options)
      #expect(!first.edges.isEmpty || options == few)
      for order in 1...5 as ClosedRange<UInt64> {
        #expect(Self.audit(traffic, order: order, options: options) == first)
      }
    }
  }

  /// More spans than may be kept: a part of the time is looked at, and counts stand for all of it.
  @Test func tooManySpansAreSampledByTime() throws {
    var traffic = SimulatedTraffic.team(seed: 10)
    traffic.tasks = true
    traffic.dropping = [[1, 4]]
    traffic.run(entry: 0, requests: 3_000, perSecond: 5)
    var options = TraceAudit.Options()
    options.spanLimit = 6_000
    let findings = Self.audit(traffic, options: options)
    #expect(findings.examinedShare < 1)
    let lost = try #require(findings.edges.first).lost
    #expect((1_500...4_500).contains(lost), "\(lost) of 3000")
  }
}

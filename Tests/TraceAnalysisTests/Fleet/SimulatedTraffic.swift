import FleetModel
import Glibc
import TestSupport

@testable import TraceAnalysis

/// A fleet that answers requests, on a time line of its own: who calls whom, how long each works, and which edges lose the trace
/// context. Everything follows from the seed.
struct SimulatedTraffic {
  struct Agent {
    var name: String
    /// Own work of one request in nanoseconds, scattered by half of it either way.
    var work: Int64 = 2_000_000
    /// Positions of the agents it calls, one after the other; always later ones, so that requests end.
    var calls: [Int] = []
    /// Calls to a model, which has no spans of its own.
    var modelCalls = 0
    var errorShare = 0.0
    /// Whether it makes spans of kind client for its calls.
    var hasClientSpans = true
  }

  var agents: [Agent]
  /// Calls (from, to) whose context is lost.
  var dropping: Set<[Int]> = []
  var conversations = false
  /// Calls of agents bear a task id.
  var tasks = false
  private(set) var traces: [TraceOutline] = []
  private(set) var names = NameTable()
  private let random: SeededRandom
  private var open: [[SpanOutline]] = []
  private var nextTask = 0

  init(_ agents: [Agent], seed: UInt64) {
    self.agents = agents
    random = SeededRandom(seed: seed)
  }

  func uniform() -> Double { Double(random.next() >> 11) / Double(1 << 53) }

  /// Requests that reach `entry` at random moments (Poisson).
  mutating func run(entry: Int, requests: Int, perSecond rate: Double, from start: Int64 = 1_000_000_000_000) {
    var time = start
    for number in 0..<requests {
      time += Int64(-log(1 - uniform()) / rate * 1e9)
      let conversation = conversations ? names.number(of: "conversation-\(entry)-\(number)") : .none
      open.append([])
      _ = handle(entry, parent: 0, at: time, in: open.count - 1, conversation: conversation, task: .none)
      while let spans = open.popLast() {
        var generator = Generator(random: random)
        traces.append(TraceOutline(traceID: TraceID(using: &generator), spans: spans))
      }
    }
  }

  struct Generator: RandomNumberGenerator {
    let random: SeededRandom
    mutating func next() -> UInt64 { random.next() }
  }

  /// - Returns: when it is done, and whether it failed.
  private mutating func handle(
    _ number: Int, parent: UInt64, at start: Int64, in trace: Int, conversation: NameID, task: NameID
  ) -> (end: Int64, failed: Bool) {
    let agent = agents[number]
    var now = start
    let id = max(random.next(), 1)
    let work = Int64(Double(agent.work) * (0.5 + uniform()))
    let steps = agent.calls.count + agent.modelCalls + 1
    now += work / Int64(steps)
    for call in 0..<agent.modelCalls {
      let end = now + Int64(Double(agent.work) * (0.5 + uniform()))
      var span = span(agent.name, "chat small", parent: id, now, end, .client)
      span.genAIOperation = names.number(of: "chat")
      span.model = names.number(of: "small")
      (span.inputTokens, span.outputTokens, span.cachedTokens) = (100, 10, call == 0 ? 0 : 60)
      open[trace].append(span)
      now = end + work / Int64(steps)
    }
    for callee in agent.calls {
      nextTask += 1
      let task = tasks ? names.number(of: "task-\(nextTask)") : .none
      let sent = now
      let client = max(random.next(), 1)
      let above = agent.hasClientSpans ? client : id
      var into = trace
      var parent = above
      if dropping.contains([number, callee]) {
        open.append([])
        (into, parent) = (open.count - 1, 0)
      }
      let answer = handle(
        callee, parent: parent, at: sent + 200_000, in: into, conversation: conversation, task: task)
      now = answer.end + 200_000
      if agent.hasClientSpans {
        var span = span(agent.name, "POST /\(agents[callee].name)", parent: id, sent, now, .client)
        span.spanID = SpanID(rawValue: client) ?? span.spanID
        (span.conversation, span.task) = (conversation, task)
        if answer.failed { span.state = .error }
        open[trace].append(span)
      }
      now += work / Int64(steps)
    }
    var own = span(agent.name, "handle", parent: parent, start, now, .server)
    own.spanID = SpanID(rawValue: id) ?? own.spanID
    (own.conversation, own.task) = (conversation, task)
    let failed = uniform() < agent.errorShare
    if failed { own.state = .error }
    open[trace].append(own)
    return (now, failed)
  }

  private mutating func span(
    _ agent: String, _ operation: String, parent: UInt64, _ start: Int64, _ end: Int64, _ kind: SpanKind
  ) -> SpanOutline {
    SpanOutline(
      spanID: SpanID(rawValue: max(random.next(), 1))!, parent: parent, start: start, end: end,
      agent: names.number(of: agent), operation: names.number(of: operation), kind: kind, state: .completed)
  }
}

extension SimulatedTraffic {
  /// A gateway, a planner, two workers and a writer.
  static func team(seed: UInt64) -> SimulatedTraffic {
    SimulatedTraffic(
      [
        Agent(name: "gateway", calls: [1]), Agent(name: "planner", calls: [2, 3, 4], modelCalls: 1),
        Agent(name: "searcher", work: 4_000_000), Agent(name: "reader", modelCalls: 2), Agent(name: "writer"),
      ], seed: seed)
  }

  /// `add` for each trace, in an order of its own.
  func feed(seed: UInt64 = 0, _ add: (TraceTree, NameTable) -> Void) {
    let random = SeededRandom(seed: seed)
    var generator = Generator(random: random)
    for trace in seed == 0 ? traces : traces.shuffled(using: &generator) { add(TraceTree(trace), names) }
  }
}

import FleetModel
import Testing

@testable import TraceAnalysis

@Suite struct TokenLedgerTests {
  struct Glob: Sendable {
    var pattern: String
    var text: String
    var fits: Bool
  }

  @Test(arguments: [
    Glob(pattern: "*", text: "", fits: true), Glob(pattern: "gpt-*", text: "gpt-5", fits: true),
    Glob(pattern: "gpt-*", text: "gpt", fits: false), Glob(pattern: "a*b*c", text: "axxbyyc", fits: true),
    Glob(pattern: "a*b*c", text: "axxbyy", fits: false), Glob(pattern: "?x", text: "ax", fits: true),
    Glob(pattern: "", text: "a", fits: false), Glob(pattern: "*mini*", text: "o-mini-2", fits: true),
  ])
  func globs(_ glob: Glob) {
    #expect(TokenPrices.fits(Array(glob.pattern.utf8), Array(glob.text.utf8)) == glob.fits)
  }

  static let prices = TokenPrices(models: [
    TokenPrices.Price(model: "sm*", provider: "elsewhere", input: 100, output: 100),
    TokenPrices.Price(model: "small", input: 2, output: 10, cachedInput: 0.5),
  ])

  @Test func theInnermostSpanCountsAndCachedTokensAreInput() throws {
    var traffic = SimulatedTraffic.team(seed: 1)
    traffic.conversations = true
    traffic.run(entry: 0, requests: 10, perSecond: 1)
    var names = traffic.names
    var ledger = TokenLedger(prices: Self.prices)
    let handle = names.number(of: "handle")
    for trace in traffic.traces {
      var trace = trace
      // What frameworks do: the span around the calls repeats their sum.
      for position in trace.spans.indices where trace.spans[position].operation == handle {
        (trace.spans[position].inputTokens, trace.spans[position].outputTokens) = (300, 30)
        if names[trace.spans[position].agent] != "planner", names[trace.spans[position].agent] != "gateway",
          names[trace.spans[position].agent] != "reader"
        {
          (trace.spans[position].inputTokens, trace.spans[position].outputTokens) = (-1, -1)
        }
      }
      ledger.add(TraceTree(trace), names: names)
    }
    // Each request: one call by the planner, two by the reader of which one has 60 cached tokens.
    #expect(ledger.total.calls == 30)
    #expect(ledger.total.tokens == TokenUsage(input: 3_000, output: 300, cached: 600))
    let cost = try #require(ledger.total.cost)
    #expect(abs(cost - (2_400 * 2 + 600 * 0.5 + 300 * 10) / 1e6) < 1e-12)
    #expect(ledger.byAgent.map(\.name) == ["reader", "planner"])
    #expect(ledger.byModel.map(\.name) == ["small"] && ledger.byConversation.count == 10)
    #expect(ledger.byConversation.allSatisfy { $0.tokens.input == 300 })
  }

  struct Split: Sendable {
    /// When the helper's call runs, within the second for which the boss waits.
    var start: Int64
    var operation: String
    var isOneConversation = true
    /// All that counts.
    var input: Int64
  }

  /// An agent's span repeats tokens of a call in another trace of its conversation: they count once.
  @Test(arguments: [
    Split(start: 100, operation: "chat", input: 3_000), Split(start: 100, operation: "invoke_agent", input: 3_000),
    Split(start: 100, operation: "chat", isOneConversation: false, input: 5_000),
    Split(start: 5_000, operation: "chat", input: 5_000), Split(start: -2_000, operation: "chat", input: 5_000),
  ])
  func theContextMayBeLost(_ split: Split) throws {
    var names = NameTable()
    func span(_ id: UInt64, _ parent: UInt64, _ agent: String, _ operation: String, at start: Int64, for length: Int64)
      throws -> SpanOutline
    {
      var span = SpanOutline(
        spanID: try #require(SpanID(rawValue: id)), parent: parent, start: (10_000 + start) * 1_000_000,
        end: (10_000 + start + length) * 1_000_000, agent: names.number(of: agent),
        operation: names.number(of: operation), kind: .client, state: .completed)
      span.genAIOperation = names.number(of: operation)
      return span
    }
    var root = try span(1, 0, "boss", "invoke_agent", at: -200, for: 1_300)
    (root.conversation, root.inputTokens) = (names.number(of: "c"), 3_000)
    var own = try span(2, 1, "boss", "chat", at: -100, for: 50)
    (own.model, own.inputTokens) = (names.number(of: "small"), 1_000)
    var call = try span(3, 1, "boss", "invoke_agent", at: 0, for: 1_000)
    call.inputTokens = 2_000
    var lost = try span(4, 0, "helper", split.operation, at: split.start, for: 500)
    (lost.conversation, lost.inputTokens) = (names.number(of: split.isOneConversation ? "c" : "d"), 2_000)
    let traces = [
      TraceOutline(traceID: try #require(TraceID(high: 0, low: 1)), spans: [root, own, call]),
      TraceOutline(traceID: try #require(TraceID(high: 0, low: 2)), spans: [lost]),
    ]
    for order in [traces, traces.reversed()] {
      var ledger = TokenLedger(prices: Self.prices)
      for trace in order { ledger.add(TraceTree(trace), names: names) }
      #expect(ledger.total.tokens.input == split.input)
      #expect(ledger.byAgent.reduce(0) { $0 + $1.tokens.input } == split.input)
      #expect(ledger.byModel.reduce(0) { $0 + $1.tokens.input } == split.input)
      #expect(ledger.byModel.contains { $0.name == "small" && $0.tokens.input == 1_000 })
      let sums = ledger.byModel.first { $0.name == TokenLedger.sums }?.tokens.input ?? 0
      #expect(sums == (split.input == 5_000 || split.operation == "invoke_agent" ? 2_000 : 0))
    }
  }

  @Test func modelsWithoutPriceSaySo() {
    var traffic = SimulatedTraffic.team(seed: 1)
    traffic.run(entry: 0, requests: 2, perSecond: 1)
    var ledger = TokenLedger(prices: TokenPrices(models: [TokenPrices.Price(model: "big", input: 1, output: 1)]))
    traffic.feed { ledger.add($0, names: $1) }
    #expect(ledger.total.cost == nil && ledger.total.unpricedCalls == 6 && ledger.total.tokens.input == 600)
  }
}

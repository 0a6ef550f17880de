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

  @Test func modelsWithoutPriceSaySo() {
    var traffic = SimulatedTraffic.team(seed: 1)
    traffic.run(entry: 0, requests: 2, perSecond: 1)
    var ledger = TokenLedger(prices: TokenPrices(models: [TokenPrices.Price(model: "big", input: 1, output: 1)]))
    traffic.feed { ledger.add($0, names: $1) }
    #expect(ledger.total.cost == nil && ledger.total.unpricedCalls == 6 && ledger.total.tokens.input == 600)
  }
}

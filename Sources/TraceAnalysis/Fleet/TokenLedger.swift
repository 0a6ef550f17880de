public import FleetModel

/// What the models were asked and what that cost, each token counted once.
///
/// Which spans count says ``TraceTree/usagePositions``: the innermost. Where the context was lost, what an agent states of work whose
/// spans are in another trace of the conversation does not count either. Cached tokens are part of the input, and counted at
/// most so many.
public struct TokenLedger: Sendable {
  /// Of one agent, model or conversation.
  public struct Entry: Sendable, Hashable {
    public var name: String
    public var tokens = TokenUsage()
    /// Spans that were counted.
    public var calls = 0
    /// In the currency of the prices; `nil` where none of its models has a price.
    public var cost: Double?
    /// How many of the calls went to models without a price.
    public var unpricedCalls = 0

    public init(name: String) { self.name = name }
  }

  /// Names beyond so many share one entry.
  static let conversationLimit = 100_000
  static let others = "(other)"
  /// Stands for the model of spans that sum up what agents used, and name none.
  static let sums = "(sums of agents)"

  public let prices: TokenPrices
  public private(set) var traces = 0
  private var certain = Entries()
  private var repeated = RepeatedUsage()
  private var known: [UInt64: TokenPrices.Price?] = [:]

  public init(prices: TokenPrices = TokenPrices()) { self.prices = prices }

  public var total: Entry { entries.total }
  /// The dearest first, then those with the most tokens.
  public var byAgent: [Entry] { Self.sorted(entries.agents.values) }
  public var byModel: [Entry] { Self.sorted(entries.models.values) }
  public var byConversation: [Entry] {
    let all = entries
    return Self.sorted(all.conversations.values) + (all.otherConversations.calls > 0 ? [all.otherConversations] : [])
  }

  private var entries: Entries {
    var entries = certain
    for usage in repeated.counted() { entries.count(usage) }
    return entries
  }

  private struct Entries {
    var total = Entry(name: "")
    var agents: [String: Entry] = [:]
    var models: [String: Entry] = [:]
    var conversations: [String: Entry] = [:]
    var otherConversations = Entry(name: TokenLedger.others)

    mutating func count(_ usage: RepeatedUsage.Usage) {
      let (tokens, cost) = (usage.tokens, usage.cost)
      total.add(tokens, cost)
      agents[usage.agent, default: Entry(name: usage.agent)].add(tokens, cost)
      models[usage.model, default: Entry(name: usage.model)].add(tokens, cost)
      let conversation = usage.conversation
      guard !conversation.isEmpty else { return }
      if conversations.count < TokenLedger.conversationLimit || conversations[conversation] != nil {
        conversations[conversation, default: Entry(name: conversation)].add(tokens, cost)
      } else {
        otherConversations.add(tokens, cost)
      }
    }
  }

  private static func sorted(_ entries: some Sequence<Entry>) -> [Entry] {
    entries.sorted { left, right in
      let costs = (left.cost ?? 0, right.cost ?? 0)
      if costs.0 != costs.1 { return costs.0 > costs.1 }
      let sums = (left.tokens.sum, right.tokens.sum)
      return sums.0 != sums.1 ? sums.0 > sums.1 : left.name < right.name
    }
  }

  /// Linear in the spans.
  ///
  /// - Parameter names: one table for all traces that are added.
  public mutating func add(_ tree: TraceTree, names: NameTable) {
    traces += 1
    let positions = tree.usagePositions
    guard !positions.isEmpty else { return }
    let common = tree.spans.first { !$0.outline.conversation.isNone }?.outline.conversation ?? .none
    for position in positions {
      let placed = tree.spans[position]
      let span = placed.outline
      let isSum = RepeatedUsage.sumsUp(names[span.genAIOperation])
      let conversation = span.conversation.isNone ? common : span.conversation
      var tokens = TokenUsage(span)
      tokens.cached = min(tokens.cached, tokens.input)
      let usage = RepeatedUsage.Usage(
        agent: names[span.agent], model: isSum && span.model.isNone ? Self.sums : names[span.model],
        conversation: names[conversation], tokens: tokens, cost: price(of: span, names)?.cost(of: tokens))
      if !repeated.keeps(placed, of: tree.traceID, isSum: isSum, conversation: conversation, usage) {
        certain.count(usage)
      }
    }
  }

  private mutating func price(of span: SpanOutline, _ names: NameTable) -> TokenPrices.Price? {
    let key =
      UInt64(UInt32(bitPattern: span.model.rawValue)) << 32 | UInt64(UInt32(bitPattern: span.provider.rawValue))
    if let known = known[key] { return known }
    let price = prices.price(of: names[span.model], provider: names[span.provider])
    known[key] = .some(price)
    return price
  }
}

extension TokenLedger.Entry {
  mutating func add(_ tokens: TokenUsage, _ cost: Double?) {
    self.tokens += tokens
    calls += 1
    if let cost { self.cost = (self.cost ?? 0) + cost } else { unpricedCalls += 1 }
  }
}

extension TokenUsage {
  /// For ordering alone.
  fileprivate var sum: Double { Double(input) + Double(output) }
}

public import FleetModel

/// What the models were asked and what that cost, each token counted once.
///
/// Which spans count says ``TraceTree/usagePositions``: the innermost. Cached tokens are part of the input, and counted at most
/// so many.
public struct TokenLedger: Sendable {
  /// Of one agent, model or conversation.
  public struct Entry: Sendable, Hashable {
    public var name: String
    public var tokens = TokenUsage()
    /// Inference spans.
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

  public let prices: TokenPrices
  public private(set) var total = Entry(name: "")
  public private(set) var traces = 0
  private var agents: [NameID: Entry] = [:]
  private var models: [NameID: Entry] = [:]
  private var conversations: [NameID: Entry] = [:]
  private var otherConversations = Entry(name: others)
  private var known: [UInt64: TokenPrices.Price?] = [:]

  public init(prices: TokenPrices = TokenPrices()) { self.prices = prices }

  /// The dearest first, then those with the most tokens.
  public var byAgent: [Entry] { Self.sorted(agents.values) }
  public var byModel: [Entry] { Self.sorted(models.values) }
  public var byConversation: [Entry] {
    Self.sorted(conversations.values) + (otherConversations.calls > 0 ? [otherConversations] : [])
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
    let conversation = tree.spans.first { !$0.outline.conversation.isNone }?.outline.conversation ?? .none
    for position in positions {
      let span = tree.spans[position].outline
      count(span, conversation: span.conversation.isNone ? conversation : span.conversation, names)
    }
  }

  private mutating func count(_ span: SpanOutline, conversation: NameID, _ names: NameTable) {
    var tokens = TokenUsage(span)
    tokens.cached = min(tokens.cached, tokens.input)
    let cost = price(of: span, names)?.cost(of: tokens)
    total.add(tokens, cost)
    agents[span.agent, default: Entry(name: names[span.agent])].add(tokens, cost)
    models[span.model, default: Entry(name: names[span.model])].add(tokens, cost)
    guard !conversation.isNone else { return }
    if conversations.count < Self.conversationLimit || conversations[conversation] != nil {
      conversations[conversation, default: Entry(name: names[conversation])].add(tokens, cost)
    } else {
      otherConversations.add(tokens, cost)
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

/// What tokens cost: the system file's `prices`, as a value.
public struct TokenPrices: Sendable, Hashable {
  /// Per million tokens.
  public struct Price: Sendable, Hashable {
    /// A glob over model names: `*` stands for any characters, `?` for one.
    public var model: String
    /// `nil` fits any provider; a span that does not name its provider fits no other.
    public var provider: String?
    public var input: Double
    public var output: Double
    /// Input tokens that were read from a cache; `nil` costs as other input.
    public var cachedInput: Double?

    public init(model: String, provider: String? = nil, input: Double, output: Double, cachedInput: Double? = nil) {
      self.model = model
      self.provider = provider
      self.input = input
      self.output = output
      self.cachedInput = cachedInput
    }
  }

  /// ISO 4217.
  public var currency: String
  /// The first that fits a model counts.
  public var models: [Price]

  public init(currency: String = "USD", models: [Price] = []) {
    self.currency = currency
    self.models = models
  }

  /// The price of a model; `nil` where the table has none.
  public func price(of model: String, provider: String) -> Price? {
    models.first { price in
      (price.provider == nil || price.provider == provider) && Self.fits(Array(price.model.utf8), Array(model.utf8))
    }
  }

  /// Linear in the pattern's length times the text's at worst, without recursion.
  static func fits(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
    var (p, t) = (0, 0)
    var retry: (pattern: Int, text: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        retry = (p + 1, t)
        p += 1
      } else if p < pattern.count, pattern[p] == text[t] || pattern[p] == UInt8(ascii: "?") {
        p += 1
        t += 1
      } else if let last = retry {
        p = last.pattern
        t = last.text + 1
        retry = (p, t)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

extension TokenPrices.Price {
  /// What so many tokens cost, those read from a cache among the input.
  func cost(of tokens: TokenUsage) -> Double {
    let cached = min(tokens.cached, tokens.input)
    let input = Double(tokens.input - cached) * self.input + Double(cached) * (cachedInput ?? self.input)
    return (input + Double(tokens.output) * output) / 1e6
  }
}

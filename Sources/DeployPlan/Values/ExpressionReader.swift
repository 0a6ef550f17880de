public import FleetModel

/// What an expression of PromQL reads, as far as a plan has to know it.
///
/// The language itself is another module's; who checks a plan gives this in.
public struct ExpressionReader: Sendable {
  /// One series selector of an expression.
  public struct Selector: Sendable, Hashable {
    /// With the one of the metric's name, where it has one.
    public var matchers: [LabelMatcher]
    /// The length of its range (`[5m]`); `nil` for an instant.
    public var range: Duration?
    /// Where it begins, in bytes from the beginning of the expression.
    public var offset: Int

    public init(matchers: [LabelMatcher], range: Duration? = nil, offset: Int = 0) {
      self.matchers = matchers
      self.range = range
      self.offset = offset
    }
  }

  /// What one expression reads and gives.
  public struct Reading: Sendable, Hashable {
    /// In the order of the text.
    public var selectors: [Selector]
    /// How their labels go to its result.
    public var flow: LabelFlow
    /// Why Prometheus takes the expression only with a feature flag; `nil` where it takes it as it comes.
    public var experiment: Flaw?

    public init(selectors: [Selector], flow: LabelFlow = LabelFlow()) {
      self.selectors = selectors
      self.flow = flow
    }
  }

  /// Why a text is no expression.
  public struct Flaw: Error, Sendable, Hashable {
    public var message: String
    /// Where, in characters from the beginning.
    public var offset: Int

    public init(message: String, offset: Int) {
      self.message = message
      self.offset = offset
    }
  }

  public var read: @Sendable (String) -> Result<Reading, Flaw>

  public init(read: @escaping @Sendable (String) -> Result<Reading, Flaw>) { self.read = read }
}

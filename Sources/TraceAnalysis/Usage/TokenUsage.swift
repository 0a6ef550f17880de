public import FleetModel

/// Tokens that were paid for.
public struct TokenUsage: Sendable, Hashable {
  /// Those read from a cache among them.
  public var input: Int64
  public var output: Int64
  /// Of the input: read from a cache.
  public var cached: Int64

  public init(input: Int64 = 0, output: Int64 = 0, cached: Int64 = 0) {
    self.input = input
    self.output = output
    self.cached = cached
  }

  /// What one span says of itself; what it does not say is zero.
  public init(_ span: SpanOutline) {
    self.init(input: max(span.inputTokens, 0), output: max(span.outputTokens, 0), cached: max(span.cachedTokens, 0))
  }

  public var isEmpty: Bool { input == 0 && output == 0 && cached == 0 }

  /// A sum stays at the greatest number there is rather than overflow.
  public static func += (left: inout TokenUsage, right: TokenUsage) {
    left.input = sum(left.input, right.input)
    left.output = sum(left.output, right.output)
    left.cached = sum(left.cached, right.cached)
  }

  private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }
}

extension SpanOutline {
  /// Whether the span says anything of tokens.
  public var statesUsage: Bool { inputTokens >= 0 || outputTokens >= 0 || cachedTokens >= 0 }
}

extension TraceTree {
  /// The spans whose tokens count, rising: those that state usage and have no descendant that does.
  ///
  /// This is the one place that says so. An `invoke_agent` span repeats the sum of the calls below it, and a framework's
  /// `chat` span that of the client library's below it; of such a chain only the innermost is what the model's provider counted.
  /// Where only some of the calls below an agent's span state usage, the rest of the agent's own figure is not counted.
  /// O(n).
  public var usagePositions: [Int] {
    var isCounted = spans.map(\.outline.statesUsage)
    var hasUsage = isCounted
    for position in spans.indices.reversed() where hasUsage[position] {
      guard let parent = spans[position].parent else { continue }
      hasUsage[parent] = true
      isCounted[parent] = false
    }
    return spans.indices.filter { isCounted[$0] }
  }
}

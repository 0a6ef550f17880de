extension FleetAPI {
  /// `POST /fleet/v1/lint`.
  public struct LintRequest: Codable, Sendable, Hashable {
    /// PromQL.
    public var expressions: [String]
    /// Metrics that will be there although no series has them yet: what rules are going to record.
    public var knownMetrics: [String]

    public init(expressions: [String], knownMetrics: [String] = []) {
      self.expressions = expressions
      self.knownMetrics = knownMetrics
    }

    enum CodingKeys: String, CodingKey {
      case expressions
      case knownMetrics = "known_metrics"
    }
  }

  /// What is thought of each expression, in the order asked.
  public struct LintAnswer: Codable, Sendable, Hashable {
    public var results: [LintResult]
  }

  public struct LintResult: Codable, Sendable, Hashable {
    public var expression: String
    /// Why it does not parse.
    @ExplicitNull public var error: LintFinding?
    public var findings: [LintFinding]
  }

  public struct LintFinding: Codable, Sendable, Hashable {
    /// A word for programs, such as `rate_of_gauge`.
    public var kind: String
    /// Bytes of the expression from 0; `end` is the first byte after what is meant.
    public var start: Int
    public var end: Int
    /// Of `start`, from 1, the column in characters.
    public var line: Int
    public var column: Int
    public var message: String
    @ExplicitNull public var mend: String?
  }
}

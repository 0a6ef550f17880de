/// How labels go through an expression: steps in the order in which they are worked out, the last one giving the result.
/// The inputs of a step stand before it.
public struct LabelFlow: Sendable, Hashable {
  public enum Operation: Sendable, Hashable {
    /// The series of a selector, by its index among those of the expression.
    case series(selector: Int)
    /// Values without labels.
    case unlabelled
    /// Labels that nobody knows.
    case unknown
    /// What the input has, without `removed`.
    case passed(Int, removing: Set<String> = [])
    /// Groups of the input: `by (…)`, or `without (…)`. `making` names a label that the operator writes.
    case grouped(Int, labels: [String], isWithout: Bool, making: String?)
    /// `label_replace` and `label_join`.
    case written(Int, label: String, from: [String])
    /// The sides of an arithmetic operator or a comparison.
    case matched(Int, Int, Matching)
    /// `and` gives those of the left side that match one of the right.
    case filtered(Int, Int, Matching)
    /// Either side's series (`or`).
    case united(Int, Int)
  }

  /// Which labels of two sides are compared, and whose the result bears.
  public struct Matching: Sendable, Hashable {
    public enum Bearer: Sendable, Hashable { case matched, left, right }

    public var labels: [String]
    public var isOn: Bool
    public var included: [String]
    public var bearer: Bearer

    public init(labels: [String], isOn: Bool, included: [String] = [], bearer: Bearer = .matched) {
      self.labels = labels
      self.isOn = isOn
      self.included = included
      self.bearer = bearer
    }
  }

  public struct Step: Sendable, Hashable {
    public var operation: Operation
    /// Where it stands, in bytes from the beginning of the expression.
    public var offset: Int
  }

  public private(set) var steps: [Step] = []

  public init() {}

  /// - Returns: what later steps name it by.
  public mutating func add(_ operation: Operation, at offset: Int) -> Int {
    steps.append(Step(operation: operation, offset: offset))
    return steps.count - 1
  }
}

/// A condition on one label of a series, with Prometheus' meaning: a label that a series lacks has the empty value, and
/// regular expressions are anchored at both ends (RE2 syntax).
public struct LabelMatcher: Hashable, Sendable, CustomStringConvertible {
  public enum Operation: String, Sendable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case matches = "=~"
    case matchesNot = "!~"
  }

  public var name: String
  public var operation: Operation
  public var value: String

  public init(_ name: String, _ operation: Operation, _ value: String) {
    self.name = name
    self.operation = operation
    self.value = value
  }

  public var description: String { "\(name)\(operation.rawValue)\"\(value)\"" }
}

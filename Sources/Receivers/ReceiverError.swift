/// A receiver that cannot be set up.
public struct ReceiverError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Its name.
  public var receiver: String
  public var problem: String

  public init(receiver: String, problem: String) {
    self.receiver = receiver
    self.problem = problem
  }

  public var description: String { "receiver \"\(receiver)\": \(problem)" }
}

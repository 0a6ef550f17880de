/// What of a policy cannot be compiled, and where.
public struct PolicyError: Error, Sendable, Hashable, CustomStringConvertible {
  /// `route.routes[2].matchers[0]`
  public var path: String
  public var problem: String

  public init(path: String, problem: String) {
    self.path = path
    self.problem = problem
  }

  public var description: String { "\(path): \(problem)" }
}

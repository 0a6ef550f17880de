import FleetModel

/// One kind of work by one agent.
public struct OperationName: Sendable, Hashable, Comparable {
  public var agent: String
  public var operation: String

  public init(agent: String, operation: String) {
    self.agent = agent
    self.operation = operation
  }

  public static func < (left: OperationName, right: OperationName) -> Bool {
    (left.agent, left.operation) < (right.agent, right.operation)
  }
}

/// Numbers for the pairs of names that a pass over traces meets, at most ``limit`` of them; what comes later shares one
/// number, so that operations named by ids or questions do not fill the memory.
struct OperationIndex: Sendable {
  static let limit = 2_000
  static let others = "(other)"

  private(set) var pairs: [OperationName] = []
  private var numbers: [UInt64: Int] = [:]
  private var numberOfOthers: Int?

  /// - Parameter names: one table for all calls.
  mutating func number(_ first: NameID, _ second: NameID, _ names: NameTable) -> Int {
    let key = Self.key(first, second)
    if let known = numbers[key] { return known }
    if pairs.count >= Self.limit {
      if let numberOfOthers { return numberOfOthers }
      pairs.append(OperationName(agent: Self.others, operation: Self.others))
      numberOfOthers = pairs.count - 1
      return pairs.count - 1
    }
    pairs.append(OperationName(agent: names[first], operation: names[second]))
    numbers[key] = pairs.count - 1
    return pairs.count - 1
  }

  /// The number of a pair that ``number(_:_:_:)`` was asked for; that of all others, or the one after the last, where it was not.
  func known(_ first: NameID, _ second: NameID) -> Int {
    numbers[Self.key(first, second)] ?? numberOfOthers ?? pairs.count
  }

  private static func key(_ first: NameID, _ second: NameID) -> UInt64 {
    UInt64(UInt32(bitPattern: first.rawValue)) << 32 | UInt64(UInt32(bitPattern: second.rawValue))
  }
}

/// The name of one kind of worker in a fleet: a DNS-1123 label of at most 40 characters.
///
/// Kubernetes names such as `agent-ID-service` are made from it and may have 63 characters, hence the bound.
public struct AgentID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The longest name that is accepted, in characters.
  public static let maximumLength = 40

  public let name: String

  /// Checks `name` and keeps it.
  ///
  /// - Throws: ``InvalidName`` if it is not a DNS-1123 label (RFC 1123, section 2.1) or too long.
  public init(_ name: String) throws(InvalidName) {
    if let problem = DNSLabel.problem(in: name, maximumLength: Self.maximumLength) {
      throw InvalidName(name: name, problem: problem)
    }
    self.name = name
  }

  public var description: String { name }

  public static func < (left: AgentID, right: AgentID) -> Bool { left.name < right.name }

  /// Why a name was refused.
  public struct InvalidName: Error, Hashable, CustomStringConvertible {
    public let name: String
    public let problem: String

    public var description: String { "agent_id \"\(name)\" \(problem)" }
  }
}

/// The rule for DNS-1123 labels, which agents, systems and namespaces share.
public enum DNSLabel {
  /// What is wrong with `name` as a label, as the end of a sentence that begins with the name; `nil` if nothing is.
  public static func problem(in name: String, maximumLength: Int = 63) -> String? {
    if name.isEmpty { return "is empty; give it a name such as \"planner\"" }
    let count = name.utf8.count
    if count > maximumLength { return "has \(count) characters; at most \(maximumLength) are allowed" }
    let isAlphanumeric = { (byte: UInt8) in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    guard name.utf8.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") }) else {
      return "may hold only lower-case letters, digits and \"-\""
    }
    guard let first = name.utf8.first, let last = name.utf8.last, isAlphanumeric(first), isAlphanumeric(last) else {
      return "must begin and end with a letter or digit"
    }
    return nil
  }
}

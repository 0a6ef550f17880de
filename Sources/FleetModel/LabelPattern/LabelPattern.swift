/// A regular expression over label values with Prometheus' meaning: RE2's syntax as Go's `regexp` takes it, anchored at
/// both ends, `.` matching a line feed as well.
///
/// Matching takes time proportional to the text, whatever the expression (K. Thompson, CACM 11(6), 1968): no expression
/// backtracks. Literals, alternatives of literals, `.*`, `.+`, `prefix.*`, `.*suffix` and `.*part.*` are recognised and
/// cost a comparison of bytes.
///
/// Not supported, and refused by name: Unicode classes (`\p`), `\C`, and repeats that would make more than
/// ``maximumSize`` steps. Case-insensitive matching folds single scalars by their upper and lower case forms.
public struct LabelPattern: Sendable {
  public let expression: String
  /// Every text that matches begins with these bytes.
  public let literalPrefix: [UInt8]
  let form: Form

  /// Steps of the compiled expression, at most.
  public static let maximumSize = 20_000

  indirect enum Form: Sendable {
    case everything
    case nonEmpty
    case values([[UInt8]])
    case prefix([UInt8], restNonEmpty: Bool)
    case suffix([UInt8], restNonEmpty: Bool)
    case contains([UInt8])
    case program(PatternProgram)
  }

  /// - Throws: ``PatternError`` naming the place in the expression.
  public init(_ expression: String) throws(PatternError) {
    self.expression = expression
    var parser = PatternParser(expression)
    let tree = try parser.parse()
    literalPrefix = Self.leadingText(tree).bytes
    if let shortcut = Self.shortcut(tree) { form = shortcut } else { form = .program(try PatternProgram(tree)) }
  }

  public func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { matches(utf8: $0) }
  }

  /// - Parameter utf8: well-formed UTF-8; other bytes count as one unknown scalar each.
  public func matches(utf8 text: UnsafeBufferPointer<UInt8>) -> Bool {
    switch form {
    case .everything: true
    case .nonEmpty: !text.isEmpty
    case .values(let values): values.contains { $0.count == text.count && Self.starts(text, with: $0, at: 0) }
    case .prefix(let prefix, let rest):
      text.count >= prefix.count + (rest ? 1 : 0) && Self.starts(text, with: prefix, at: 0)
    case .suffix(let suffix, let rest):
      text.count >= suffix.count + (rest ? 1 : 0) && Self.starts(text, with: suffix, at: text.count - suffix.count)
    case .contains(let part):
      text.count >= part.count && (0...text.count - part.count).contains { Self.starts(text, with: part, at: $0) }
    case .program(let program): program.matches(text)
    }
  }

  /// The only texts that match, where there are few; `nil` otherwise. An index looks these up instead of scanning.
  public var exactValues: [String]? {
    guard case .values(let values) = form else { return nil }
    return values.map { String(decoding: $0, as: UTF8.self) }
  }

  public var matchesEmpty: Bool { matches("") }

  /// Matches every text, the empty one too.
  public var matchesEverything: Bool {
    if case .everything = form { return true }
    return false
  }

  private static func starts(_ text: UnsafeBufferPointer<UInt8>, with part: [UInt8], at offset: Int) -> Bool {
    guard offset >= 0, offset + part.count <= text.count else { return false }
    for index in part.indices where text[offset + index] != part[index] { return false }
    return true
  }
}

/// Why a text is no regular expression that is understood here.
public struct PatternError: Error, Hashable, Sendable, CustomStringConvertible {
  public var problem: String
  /// Counted in scalars from 0.
  public var offset: Int

  public var description: String { "regular expression: \(problem) at character \(offset + 1)" }
}

extension LabelPattern {
  private static let maximumValues = 128

  static func shortcut(_ tree: PatternNode) -> Form? {
    if let values = texts(tree) { return .values(values) }
    let parts: [PatternNode]
    if case .sequence(let nodes) = tree { parts = nodes } else { parts = [tree] }
    guard let first = parts.first, let last = parts.last else { return .values([[]]) }
    switch (parts.count, wild(first), wild(last)) {
    case (1, .some(let minimum), _): return minimum == 0 ? .everything : .nonEmpty
    case (2..., nil, .some(let minimum)):
      return text(parts.dropLast()).map { .prefix($0, restNonEmpty: minimum == 1) }
    case (2..., .some(let minimum), nil):
      return text(parts.dropFirst()).map { .suffix($0, restNonEmpty: minimum == 1) }
    case (3..., .some(0), .some(0)): return text(parts.dropFirst().dropLast()).map { .contains($0) }
    default: return nil
    }
  }

  /// The least length of `.*` or `.+`, with `.` matching all.
  private static func wild(_ node: PatternNode) -> Int? {
    guard case .repeated(.scalars(let scalars), let least, nil) = node, scalars.isEverything, least <= 1 else {
      return nil
    }
    return least
  }

  private static func text(_ nodes: ArraySlice<PatternNode>) -> [UInt8]? {
    guard let all = texts(.sequence(Array(nodes))), all.count == 1 else { return nil }
    return all[0]
  }

  /// What every text of the tree begins with, and whether that is all of it. Assertions take no text.
  private static func leadingText(_ node: PatternNode) -> (bytes: [UInt8], isWhole: Bool) {
    switch node {
    case .empty, .assertion: return ([], true)
    case .scalars(let scalars):
      // U+FFFD stands for bytes that are no scalar as well.
      guard let members = scalars.members(atMost: 1), members.count == 1, members[0] != "\u{fffd}" else {
        return ([], false)
      }
      return (Array(String(members[0]).utf8), true)
    case .sequence(let nodes):
      var bytes: [UInt8] = []
      for node in nodes {
        let next = leadingText(node)
        bytes += next.bytes
        if !next.isWhole { return (bytes, false) }
      }
      return (bytes, true)
    case .either, .repeated, .group, .reluctant: return ([], false)
    }
  }

  /// All texts that the tree stands for, where they are few; at most ``maximumValues``.
  private static func texts(_ node: PatternNode) -> [[UInt8]]? {
    switch node {
    case .empty: return [[]]
    case .scalars(let scalars):
      guard let members = scalars.members(atMost: 16) else { return nil }
      return members.map { Array(String($0).utf8) }
    case .sequence(let nodes):
      var result: [[UInt8]] = [[]]
      for node in nodes {
        guard let next = texts(node), result.count * next.count <= maximumValues else { return nil }
        result = next.count == 1 ? result.map { $0 + next[0] } : result.flatMap { head in next.map { head + $0 } }
      }
      return result
    case .either(let nodes):
      var result: [[UInt8]] = []
      for node in nodes {
        guard let next = texts(node), result.count + next.count <= maximumValues else { return nil }
        result += next
      }
      return result
    case .repeated(let inner, 0, 1):
      guard let next = texts(inner), next.count < maximumValues else { return nil }
      return [[]] + next
    case .repeated, .assertion, .group, .reluctant: return nil
    }
  }
}

/// What a pattern says in the words of a selector.
extension Glob {
  /// The only text that fits; `nil` if several may.
  public var literal: String? { pattern.contains { "*?[\\".contains($0) } ? nil : pattern }

  /// The condition on a label that says the same.
  public func matcher(of label: String) -> LabelMatcher {
    literal.map { LabelMatcher(label, .equal, $0) } ?? LabelMatcher(label, .matches, regularExpression)
  }

  /// A regular expression, anchored at both ends, that fits the same texts.
  public var regularExpression: String {
    let scalars = Array(pattern.unicodeScalars)
    var result = ""
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      index += 1
      switch scalar {
      case "*": result += ".*"
      case "?": result += "."
      case "\\" where index < scalars.count:
        result += Self.escaped(scalars[index])
        index += 1
      case "[":
        // As in matching, the first member may be a "]".
        guard let close = scalars[(index - 1)...].dropFirst(2).firstIndex(of: "]") else {
          result += Self.escaped(scalar)
          continue
        }
        result += Self.set(scalars[index..<close])
        index = close + 1
      default: result += Self.escaped(scalar)
      }
    }
    return result
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    "\\.+*?()|[]{}^$".unicodeScalars.contains(scalar) ? "\\\(scalar)" : String(scalar)
  }

  private static func set(_ members: ArraySlice<Unicode.Scalar>) -> String {
    var members = members
    let isNegated = members.first == "!" || members.first == "^"
    if isNegated { members = members.dropFirst() }
    // Nothing is in an empty set, and everything outside it; a regular expression has no such set.
    var ranges = ""
    while let first = members.popFirst() {
      if members.count >= 2, members.first == "-", let last = members.dropFirst().first {
        members = members.dropFirst(2)
        if first <= last { ranges += "\(member(first))-\(member(last))" }
      } else {
        ranges += member(first)
      }
    }
    if ranges.isEmpty { return isNegated ? "." : "[^\\x{0}-\\x{10FFFF}]" }
    return "[\(isNegated ? "^" : "")\(ranges)]"
  }

  private static func member(_ scalar: Unicode.Scalar) -> String {
    "\\]^-[".unicodeScalars.contains(scalar) ? "\\\(scalar)" : String(scalar)
  }
}

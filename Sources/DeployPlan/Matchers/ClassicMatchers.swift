import FleetModel

/// The grammar of matchers that all versions of Alertmanager know, tolerances included: braces are optional on either
/// side, a comma may stand at the end, values may be bare, and a backslash that escapes nothing is a backslash.
///
/// Text → tokens (cut at commas outside of quotes) → name, operator, value.
enum ClassicMatchers {
  static func parse(_ text: String) throws(MatcherSyntax.MatcherProblem) -> [LabelMatcher] {
    var matchers: [LabelMatcher] = []
    for token in tokens(text) { matchers.append(try matcher(token[...])) }
    return matchers
  }

  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
  static func isName(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, isNameStart(first) else { return false }
    return text.unicodeScalars.allSatisfy(isNamePart)
  }

  private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_" || scalar == ":"
  }

  private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    isNameStart(scalar) || ("0"..."9").contains(scalar)
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar == "\u{0C}"
  }

  private static func tokens(_ text: String) -> [[Unicode.Scalar]] {
    var scalars = Array(text.unicodeScalars)[...]
    if scalars.first == "{" { scalars = scalars.dropFirst() }
    if scalars.last == "}" { scalars = scalars.dropLast() }
    var tokens: [[Unicode.Scalar]] = []
    var token: [Unicode.Scalar] = []
    var isInside = false
    var isEscaped = false
    for scalar in scalars {
      switch scalar {
      case "," where !isInside:
        tokens.append(token)
        token = []
        continue
      case ",": break
      case "\"":
        if !isEscaped { isInside.toggle() }
        isEscaped = false
      case "\\": isEscaped.toggle()
      default: isEscaped = false
      }
      token.append(scalar)
    }
    if !token.allSatisfy({ $0.properties.isWhitespace }) { tokens.append(token) }
    return tokens
  }

  private static func matcher(_ token: ArraySlice<Unicode.Scalar>) throws(MatcherSyntax.MatcherProblem) -> LabelMatcher
  {
    var rest = token.drop(while: isBlank)
    let name = rest.first.map(isNameStart) == true ? rest.prefix(while: isNamePart) : []
    if name.isEmpty { throw MatcherSyntax.MatcherProblem("lacks a label name", mend: "write NAME=\"VALUE\"") }
    rest = rest.dropFirst(name.count).drop(while: isBlank)
    let operations: [LabelMatcher.Operation] = [.matches, .matchesNot, .notEqual, .equal]
    guard let operation = operations.first(where: { rest.starts(with: $0.rawValue.unicodeScalars) }) else {
      throw MatcherSyntax.MatcherProblem(
        "lacks an operator", mend: "write NAME=\"VALUE\" with one of = != =~ !~")
    }
    rest = rest.dropFirst(operation.rawValue.unicodeScalars.count).drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    return LabelMatcher(String(String.UnicodeScalarView(name)), operation, try value(rest))
  }

  private static func value(_ raw: ArraySlice<Unicode.Scalar>) throws(MatcherSyntax.MatcherProblem) -> String {
    var rest = raw
    var isOpen = rest.first == "\""
    if isOpen { rest = rest.dropFirst() }
    var value = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\\":
        switch rest.popFirst() {
        case "n": value.append("\n")
        case "\"": value.append("\"")
        case "\\", nil: value.append("\\")
        case let other?:
          value.append("\\")
          value.append(other)
        }
      case "\"":
        guard isOpen, rest.isEmpty else {
          throw MatcherSyntax.MatcherProblem(
            isOpen ? "has text after a matcher" : "has a quote inside a value",
            mend: isOpen ? "separate matchers with commas, quote values with \"" : "quote the whole value")
        }
        isOpen = false
      default: value.append(scalar)
      }
    }
    if isOpen { throw MatcherSyntax.MatcherProblem("lacks a closing quote") }
    return String(value)
  }
}

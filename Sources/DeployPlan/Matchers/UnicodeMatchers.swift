import FleetModel

/// The grammar of matchers that takes UTF-8 names, of Alertmanager 0.27 and later: braces come in pairs, names and values
/// are quoted (with Go's escapes) or are runs of anything but white space and ``reserved``.
enum UnicodeMatchers {
  static let reserved = "{}!=~,\\\"'`"

  static func parse(_ text: String) throws(MatcherSyntax.MatcherProblem) -> [LabelMatcher] {
    var scan = Scan(rest: Array(text.unicodeScalars)[...])
    return try scan.matchers()
  }

  private struct Scan {
    var rest: ArraySlice<Unicode.Scalar>

    private mutating func skipBlanks() { rest = rest.drop { $0.properties.isWhitespace } }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      skipBlanks()
      guard rest.first == scalar else { return false }
      rest = rest.dropFirst()
      return true
    }

    private var isAtEnd: Bool {
      mutating get {
        skipBlanks()
        return rest.isEmpty
      }
    }

    mutating func matchers() throws(MatcherSyntax.MatcherProblem) -> [LabelMatcher] {
      var matchers: [LabelMatcher] = []
      let isBraced = take("{")
      while !isAtEnd, rest.first != "}" {
        matchers.append(try matcher())
        if !take(",") { break }
      }
      if isBraced, !take("}") { throw MatcherSyntax.MatcherProblem("lacks the \"}\" at its end") }
      guard isAtEnd else { throw MatcherSyntax.MatcherProblem("has text after its matchers") }
      return matchers
    }

    private mutating func matcher() throws(MatcherSyntax.MatcherProblem) -> LabelMatcher {
      let name = try text(of: "name")
      let operation: LabelMatcher.Operation
      if take("!") {
        operation = try negation()
      } else if take("=") {
        let isPattern = rest.first == "~"
        if isPattern { rest = rest.dropFirst() }
        operation = isPattern ? .matches : .equal
      } else {
        throw MatcherSyntax.MatcherProblem("lacks an operator", mend: "write NAME=\"VALUE\" with one of = != =~ !~")
      }
      return LabelMatcher(name, operation, try text(of: "value"))
    }

    private mutating func negation() throws(MatcherSyntax.MatcherProblem) -> LabelMatcher.Operation {
      switch rest.popFirst() {
      case "=": return .notEqual
      case "~": return .matchesNot
      default: throw MatcherSyntax.MatcherProblem("has a \"!\" that begins no operator", mend: "write != or !~")
      }
    }

    private mutating func text(of part: String) throws(MatcherSyntax.MatcherProblem) -> String {
      skipBlanks()
      if rest.first == "\"" { return try quoted() }
      let run = rest.prefix { !$0.properties.isWhitespace && !UnicodeMatchers.reserved.unicodeScalars.contains($0) }
      if run.isEmpty { throw MatcherSyntax.MatcherProblem("lacks a label \(part)", mend: "write NAME=\"VALUE\"") }
      rest = rest.dropFirst(run.count)
      return String(String.UnicodeScalarView(run))
    }

    /// Go's interpreted strings (<https://go.dev/ref/spec#String_literals>), without escapes of single bytes above ASCII.
    private mutating func quoted() throws(MatcherSyntax.MatcherProblem) -> String {
      rest = rest.dropFirst()
      var text = String.UnicodeScalarView()
      while let scalar = rest.popFirst() {
        switch scalar {
        case "\"": return String(text)
        case "\n": throw MatcherSyntax.MatcherProblem("has a line break in quotes", mend: "write it as \\n")
        case "\\": text.append(try escape())
        default: text.append(scalar)
        }
      }
      throw MatcherSyntax.MatcherProblem("lacks a closing quote")
    }

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
      "a": "\u{07}", "b": "\u{08}", "f": "\u{0C}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{0B}", "\\": "\\",
      "\"": "\"",
    ]

    private mutating func escape() throws(MatcherSyntax.MatcherProblem) -> Unicode.Scalar {
      let invalid = MatcherSyntax.MatcherProblem("has an escape that means nothing", mend: "write \\\\ for a backslash")
      guard let kind = rest.popFirst() else { throw invalid }
      if let plain = Self.escapes[kind] { return plain }
      let length: Int
      let radix: Int
      switch kind {
      case "x": (length, radix) = (2, 16)
      case "u": (length, radix) = (4, 16)
      case "U": (length, radix) = (8, 16)
      case "0"..."3":
        (length, radix) = (2, 8)
      default: throw invalid
      }
      var digits = String(String.UnicodeScalarView(rest.prefix(length)))
      guard digits.unicodeScalars.count == length, digits.utf8.allSatisfy({ $0 != 43 && $0 != 45 }) else {
        throw invalid
      }
      rest = rest.dropFirst(length)
      if radix == 8 { digits = "\(kind)\(digits)" }
      guard let code = UInt32(digits, radix: radix), radix == 16 && length > 2 || code < 0x80,
        let scalar = Unicode.Scalar(code)
      else { throw invalid }
      return scalar
    }
  }
}

import FleetModel

/// Matchers as Alertmanager writes them: `severity="critical"`, `team=~"a|b"`, bare or quoted, one or several,
/// separated by commas, with or without braces (<https://prometheus.io/docs/alerting/latest/configuration/#matcher>).
enum MatcherSyntax {
  static func parse(_ text: String) -> Result<[LabelMatcher], MatcherProblem> {
    var scan = Scan(rest: Array(text.unicodeScalars)[...])
    do {
      return .success(try scan.matchers())
    } catch {
      return .failure(error)
    }
  }

  struct MatcherProblem: Error {
    let flaw: Flaw
    init(_ problem: String, mend: String? = nil) { flaw = Flaw(problem, mend: mend) }
  }

  private struct Scan {
    var rest: ArraySlice<Unicode.Scalar>

    mutating func matchers() throws(MatcherProblem) -> [LabelMatcher] {
      skipBlanks()
      let braced = rest.first == "{"
      if braced {
        rest = rest.dropFirst()
        while rest.last == " " { rest = rest.dropLast() }
        guard rest.last == "}" else { throw MatcherProblem("lacks the \"}\" at its end") }
        rest = rest.dropLast()
      }
      var matchers: [LabelMatcher] = []
      while true {
        skipBlanks()
        if rest.isEmpty { break }
        matchers.append(try matcher())
        skipBlanks()
        if rest.isEmpty { break }
        guard rest.first == "," else {
          throw MatcherProblem("has text after a matcher", mend: "separate matchers with commas, quote values with \"")
        }
        rest = rest.dropFirst()
      }
      if matchers.isEmpty, !braced {
        throw MatcherProblem("is no matcher", mend: "write NAME=\"VALUE\" with one of = != =~ !~")
      }
      return matchers
    }

    private mutating func skipBlanks() { rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" } }

    private mutating func matcher() throws(MatcherProblem) -> LabelMatcher {
      let name: String
      if rest.first == "\"" {
        name = try quoted()
      } else {
        let scalars = rest.prefix { !"=!~ \t\n,{}\"".unicodeScalars.contains($0) }
        rest = rest.dropFirst(scalars.count)
        name = String(String.UnicodeScalarView(scalars))
      }
      if name.isEmpty { throw MatcherProblem("lacks a label name", mend: "write NAME=\"VALUE\"") }
      skipBlanks()
      let operation = try operation()
      skipBlanks()
      let value: String
      if rest.first == "\"" {
        value = try quoted()
      } else {
        let scalars = rest.prefix { $0 != "," }
        rest = rest.dropFirst(scalars.count)
        var text = scalars
        while let last = text.last, last == " " || last == "\t" || last == "\n" { text = text.dropLast() }
        value = String(String.UnicodeScalarView(text))
        if value.unicodeScalars.contains("\"") {
          throw MatcherProblem("has a quote inside a value", mend: "quote the whole value")
        }
      }
      if operation == .matches || operation == .matchesNot, let flaw = PatternSyntax.flaw(in: value) {
        throw MatcherProblem("holds a regular expression that \(flaw.problem)", mend: flaw.mend)
      }
      return LabelMatcher(name, operation, value)
    }

    private mutating func operation() throws(MatcherProblem) -> LabelMatcher.Operation {
      for operation in [LabelMatcher.Operation.matches, .matchesNot, .notEqual, .equal]
      where rest.starts(with: operation.rawValue.unicodeScalars) {
        rest = rest.dropFirst(operation.rawValue.unicodeScalars.count)
        return operation
      }
      throw MatcherProblem("lacks an operator", mend: "write NAME=\"VALUE\" with one of = != =~ !~")
    }

    private mutating func quoted() throws(MatcherProblem) -> String {
      rest = rest.dropFirst()
      var text = String.UnicodeScalarView()
      while let scalar = rest.popFirst() {
        switch scalar {
        case "\"": return String(text)
        case "\\":
          switch rest.popFirst() {
          case "n": text.append("\n")
          case "\"": text.append("\"")
          case "\\": text.append("\\")
          case let other?:
            text.append("\\")
            text.append(other)
          case nil: throw MatcherProblem("lacks a closing quote")
          }
        default: text.append(scalar)
        }
      }
      throw MatcherProblem("lacks a closing quote")
    }
  }
}

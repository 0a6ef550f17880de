public import FleetModel

/// One matcher as Alertmanager's API and `amtool` write it: `name=~"value"`, the quotes may be left out
/// (<https://prometheus.io/docs/alerting/latest/configuration/#matcher>).
public enum AlertmanagerMatcher {
  public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String
  }

  /// - Throws: ``Problem`` in Alertmanager's words. The regular expression is not looked at.
  public static func parse(_ text: String) throws(Problem) -> LabelMatcher {
    var rest = Array(text.unicodeScalars)[...]
    func skipBlanks() { rest = rest.drop { $0.properties.isWhitespace } }
    skipBlanks()
    let name = rest.prefix {
      $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_" || $0 == ":")
    }
    rest = rest.dropFirst(name.count)
    skipBlanks()
    let operations: [LabelMatcher.Operation] = [.matches, .matchesNot, .notEqual, .equal]
    guard let first = name.first, !("0"..."9").contains(first),
      let operation = operations.first(where: { rest.starts(with: $0.rawValue.unicodeScalars) })
    else { throw Problem(description: "bad matcher format: \(text)") }
    rest = rest.dropFirst(operation.rawValue.unicodeScalars.count)
    skipBlanks()
    while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
    return LabelMatcher(
      String(String.UnicodeScalarView(name)), operation, try value(Array(rest)))
  }

  /// A value with or without quotes. A backslash that begins no escape stands for itself.
  private static func value(_ scalars: [Unicode.Scalar]) throws(Problem) -> String {
    let isQuoted = scalars.first == "\""
    var rest = scalars[(isQuoted ? 1 : 0)...]
    var text = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      if scalar == "\\", let next = rest.first {
        rest.removeFirst()
        switch next {
        case "n": text.append("\n")
        case "\"", "\\": text.append(next)
        default: text.append(contentsOf: [scalar, next])
        }
      } else if scalar == "\"" {
        if isQuoted, rest.isEmpty { return String(text) }
        throw unescapedQuote(scalars)
      } else {
        text.append(scalar)
      }
    }
    if isQuoted { throw unescapedQuote(scalars) }
    return String(text)
  }

  private static func unescapedQuote(_ scalars: [Unicode.Scalar]) -> Problem {
    Problem(
      description: "matcher value contains unescaped double quote: \(String(String.UnicodeScalarView(scalars)))")
  }
}

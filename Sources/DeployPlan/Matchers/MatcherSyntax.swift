public import FleetModel

/// Matchers as Alertmanager writes them: `severity="critical"`, `team=~"a|b"`, bare or quoted, one or several, separated
/// by commas, with or without braces (<https://prometheus.io/docs/alerting/latest/configuration/#matcher>).
///
/// There are two grammars, and a text is read as Alertmanager from 0.27 reads it by default: by the classic one, which all
/// versions know, and where that refuses it by the one that takes UTF-8 names.
public enum MatcherSyntax {
  /// Reads all matchers of `text`, none where it is blank. O(text).
  public static func parse(_ text: String) -> Result<[LabelMatcher], MatcherProblem> {
    do throws(MatcherProblem) {
      let matchers = try read(text)
      for matcher in matchers { try check(matcher) }
      return .success(matchers)
    } catch {
      return .failure(error)
    }
  }

  /// What is wrong with a text of matchers: the end of a sentence that begins with the text.
  public struct MatcherProblem: Error, Sendable, Hashable, CustomStringConvertible {
    public let message: String
    /// How to mend it; `nil` where the message says it.
    public let mend: String?

    init(_ message: String, mend: String? = nil) {
      self.message = message
      self.mend = mend
    }

    public var description: String { message + (mend.map { "; \($0)" } ?? "") }

    var flaw: Flaw { Flaw(message, mend: mend) }
  }

  private static func read(_ text: String) throws(MatcherProblem) -> [LabelMatcher] {
    do throws(MatcherProblem) {
      return try ClassicMatchers.parse(text)
    } catch let problem {
      // The classic grammar says what is wrong in the words that most files are written in.
      do throws(MatcherProblem) { return try UnicodeMatchers.parse(text) } catch { throw problem }
    }
  }

  private static func check(_ matcher: LabelMatcher) throws(MatcherProblem) {
    guard matcher.operation == .matches || matcher.operation == .matchesNot else { return }
    if let flaw = PatternSyntax.flaw(in: matcher.value) {
      throw MatcherProblem("holds a regular expression that \(flaw.problem)", mend: flaw.mend)
    }
    do throws(PatternError) { _ = try LabelPattern(matcher.value) } catch {
      throw MatcherProblem("holds a regular expression that cannot be used: \(error.problem)")
    }
  }
}

extension LabelMatcher {
  /// The matcher as both grammars of Alertmanager read it back: the value in quotes, and the name where it is no plain
  /// word.
  public var alertmanagerText: String {
    let isWord = ClassicMatchers.isName(name)
    return "\(isWord ? name : Self.quoted(name))\(operation.rawValue)\(Self.quoted(value))"
  }

  private static func quoted(_ text: String) -> String {
    var quoted = String.UnicodeScalarView("\"".unicodeScalars)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": quoted.append(contentsOf: "\\\\".unicodeScalars)
      case "\"": quoted.append(contentsOf: "\\\"".unicodeScalars)
      case "\n": quoted.append(contentsOf: "\\n".unicodeScalars)
      default: quoted.append(scalar)
      }
    }
    quoted.append("\"")
    return String(quoted)
  }
}

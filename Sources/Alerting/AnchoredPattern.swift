/// A regular expression that must fit a whole label value, with `.` fitting newlines too, as in Prometheus' matchers.
///
/// Swift's own engine backtracks, so it runs once for each series that a rule may watch, never for each sample.
// Unchecked: `Regex` is not `Sendable` because it may hold closures; one made from a string holds none and is not changed
// after it was compiled.
struct AnchoredPattern: @unchecked Sendable {
  private let regex: Regex<AnyRegexOutput>

  /// - Throws: what is wrong with `pattern`, as the standard library says it.
  init(_ pattern: String) throws {
    regex = try Regex(pattern).dotMatchesNewlines().matchingSemantics(.unicodeScalar)
  }

  func matches(_ text: String) -> Bool { (try? regex.wholeMatch(in: text)) != nil }
}

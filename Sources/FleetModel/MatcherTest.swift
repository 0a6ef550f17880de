/// A matcher ready to be held against labels, its regular expression compiled.
public struct MatcherTest: Sendable {
  private let matcher: LabelMatcher
  private let pattern: LabelPattern?

  /// - Throws: ``InvalidMatcher`` if the regular expression does not parse.
  public init(_ matcher: LabelMatcher) throws(InvalidMatcher) {
    self.matcher = matcher
    switch matcher.operation {
    case .equal, .notEqual: pattern = nil
    case .matches, .matchesNot:
      do throws(PatternError) { pattern = try LabelPattern(matcher.value) } catch {
        throw InvalidMatcher(matcher: matcher, problem: "\(error)")
      }
    }
  }

  /// A label that is not there counts as empty. O(bytes of the set).
  public func accepts(_ labels: LabelSet) -> Bool {
    let value = labels[matcher.name] ?? ""
    switch matcher.operation {
    case .equal: return value == matcher.value
    case .notEqual: return value != matcher.value
    case .matches: return pattern?.matches(value) == true
    case .matchesNot: return pattern?.matches(value) == false
    }
  }
}

import FleetModel

/// The matchers of one selector over labels that are at hand: those of targets and rules.
struct LabelConditions: Sendable {
  private enum Test: Sendable {
    case equal(String)
    case pattern(LabelPattern)
  }

  private var conditions: [(name: String, test: Test, wanted: Bool)] = []

  /// - Throws: ``PatternError`` for a regular expression that does not parse.
  init(_ matchers: [LabelMatcher]) throws(PatternError) {
    for matcher in matchers {
      switch matcher.operation {
      case .equal, .notEqual:
        conditions.append((matcher.name, .equal(matcher.value), matcher.operation == .equal))
      case .matches, .matchesNot:
        conditions.append((matcher.name, .pattern(try LabelPattern(matcher.value)), matcher.operation == .matches))
      }
    }
  }

  /// - Parameter value: of the label of that name; empty where there is none.
  func match(_ value: (String) -> String) -> Bool {
    conditions.allSatisfy { name, test, wanted in
      switch test {
      case .equal(let text): (value(name) == text) == wanted
      case .pattern(let pattern): pattern.matches(value(name)) == wanted
      }
    }
  }
}

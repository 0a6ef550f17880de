import FleetModel

/// Matchers that must all hold.
struct MatcherList: Sendable {
  private let tests: [MatcherTest]

  init(_ matchers: [LabelMatcher], path: String) throws(PolicyError) {
    var tests: [MatcherTest] = []
    for (index, matcher) in matchers.enumerated() {
      do throws(InvalidMatcher) { tests.append(try MatcherTest(matcher)) } catch {
        throw PolicyError(path: "\(path)[\(index)]", problem: "\(error)")
      }
    }
    self.tests = tests
  }

  /// O(matchers × bytes of the labels), without allocation.
  func accept(_ labels: LabelSet) -> Bool {
    for test in tests where !test.accepts(labels) { return false }
    return true
  }
}

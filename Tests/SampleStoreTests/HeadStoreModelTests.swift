import FleetModel
import SampleStore
import Testing

/// Any sequence of appends, expiries, deletions, flushes, restarts and questions gives what the plain model gives.
@Suite struct HeadStoreModelTests {
  static let matchers: [LabelMatcher] = [
    LabelMatcher("__name__", .equal, "up"), LabelMatcher("__name__", .matches, "up|load"),
    LabelMatcher("__name__", .notEqual, "up"), LabelMatcher("agent_id", .equal, "a3"),
    LabelMatcher("agent_id", .matches, "a[1-4]"), LabelMatcher("agent_id", .matches, "a1.*"),
    LabelMatcher("agent_id", .matchesNot, ".*[13579]"), LabelMatcher("agent_id", .notEqual, ""),
    LabelMatcher("agent_id", .matches, ".+"), LabelMatcher("zone", .equal, ""), LabelMatcher("zone", .notEqual, ""),
    LabelMatcher("zone", .matches, "|x"), LabelMatcher("zone", .matchesNot, "|x"), LabelMatcher("zone", .matches, ".*"),
    LabelMatcher("zone", .matchesNot, ".*"), LabelMatcher("zone", .matches, "(x|z)?"),
    LabelMatcher("zone", .matchesNot, "x.*"),
    LabelMatcher("nowhere", .equal, "x"), LabelMatcher("nowhere", .notEqual, "x"), LabelMatcher("nowhere", .equal, ""),
    LabelMatcher("agent_id", .equal, "none"), LabelMatcher("agent_id", .matchesNot, ".+"),
  ]

  @Test(arguments: 0..<32)
  func behavesAsTheModel(_ seed: Int) async throws {
    let run = try HeadModelRun(seed: UInt64(seed))
    for _ in 0..<400 { try await run.step() }
    try await run.checkEverything()
  }
}

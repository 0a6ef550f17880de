import ControlPlane
import DeployPlan
import FleetModel
import Testing

@testable import skep

@Suite("routes in the terminal")
struct RouteTreeTests {
  private static func test() throws -> RouteTest {
    let file = AlertmanagerFile.read(
      """
      route:
        receiver: all
        routes:
          - matchers: [team=a]
            receiver: a
            continue: true
            routes: [{matchers: ['severity=~"x|y"'], receiver: b}, {receiver: c, mute_time_intervals: [night, day]}]
          - routes: [{matchers: [team=c], receiver: b}]
      receivers: [{name: all}, {name: a}, {name: b}, {name: c}]
      time_intervals: [{name: night}, {name: day}]
      """, file: "f")
    return try RouteTest(try #require(file.policy))
  }

  @Test func theTreeIsDrawn() throws {
    let test = try Self.test()
    let matches = test.matches(LabelSet(["team": "a", "severity": "y"]))
    #expect(
      RouteTreeText.text(of: test, marking: matches, isUTF8: true) == #"""
        {}  all
        ├── {team="a"}  a  (continues)
        │   ├── {severity=~"x|y"}  b *
        │   └── {}  c  (muted in night, day)
        └── {}  all *
            └── {team="c"}  b
        """#)
    #expect(
      RouteTreeText.text(of: test, marking: [], isUTF8: false) == #"""
        {}  all
        |-- {team="a"}  a  (continues)
        |   |-- {severity=~"x|y"}  b
        |   `-- {}  c  (muted in night, day)
        `-- {}  all
            `-- {team="c"}  b
        """#)
  }

  @Test func labelsOfAnAlert() throws {
    #expect(
      try AlertsTestRoute.labelSet(["a=b", "c=", "d=\"e=f\"", "g=\""]) == LabelSet(["a": "b", "d": "e=f", "g": "\""]))
    for wrong in [["a"], ["=b"], ["a=b", "a=c"], [""]] {
      #expect(throws: CommandFailure.self) { try AlertsTestRoute.labelSet(wrong) }
    }
  }
}

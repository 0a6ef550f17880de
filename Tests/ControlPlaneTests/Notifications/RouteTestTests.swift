import DeployPlan
import FleetModel
import Foundation
import TestSupport
import Testing

@testable import ControlPlane

/// Alerts go where Alertmanager's own tool says that they go.
@Suite struct RouteTestTests {
  private static func amtool(_ arguments: [String]) throws -> String {
    try ForeignProgram.run(["amtool"] + arguments, takesErrors: false).output
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static let isThere = (try? amtool(["--version"]).contains("amtool")) == true

  private static let names = ["severity", "team", "service", "env"]
  private static let values = ["a", "b", "ab", "c"]

  private static func pick<Element>(_ elements: [Element], _ random: SeededRandom) -> Element {
    elements[Int(random.next() % UInt64(elements.count))]
  }

  /// A tree of `count` nodes below the root, of any shape.
  private static func tree(_ count: Int, _ random: SeededRandom) -> NotificationPolicy {
    var nodes: [(route: Route, parent: Int)] = []
    for index in 0...count {
      var route = Route()
      if index == 0 || random.next() % 4 > 0 { route.receiver = "r\(index)" }
      if index > 0 {
        route.continues = random.next() % 3 == 0
        for _ in 0..<random.next() % 3 {
          let operation = pick(LabelMatcher.Operation.allCases, random)
          let isPattern = operation == .matches || operation == .matchesNot
          let value = pick(isPattern ? ["a.*", "a|b", ".+", "", "[bc]"] : values + [""], random)
          route.matchers.append(LabelMatcher(pick(names, random), operation, value))
        }
      }
      nodes.append((route, index == 0 ? 0 : Int(random.next() % UInt64(index))))
    }
    // Parents come before their children: the last is complete first.
    for index in nodes.indices.dropFirst().reversed() {
      nodes[nodes[index].parent].route.routes.insert(nodes[index].route, at: 0)
    }
    let receivers = (0...count).map { index in
      var receiver = Receiver()
      receiver.name = "r\(index)"
      return receiver
    }
    return NotificationPolicy(route: nodes[0].route, receivers: receivers)
  }

  @Test(.enabled(if: isThere, "amtool is not there"))
  func theReceiversAreThoseOfAmtool() throws {
    let folder = try ScratchDirectory()
    let random = SeededRandom(seed: 2026)
    var answers: Set<String> = []
    for round in 0..<12 {
      let policy = Self.tree(2 + round * 2, random)
      let file = "\(try folder.write("\(round).yml", policy.alertmanagerYAML()))"
      let read = try #require(
        AlertmanagerFile.read(try String(contentsOfFile: file, encoding: .utf8), file: file).policy)
      #expect(read == policy)
      let test = try RouteTest(read)
      for _ in 0..<26 {
        var labels: [String: String] = [:]
        for name in Self.names where random.next() % 3 > 0 { labels[name] = Self.pick(Self.values, random) }
        let arguments = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let expected = try Self.amtool(["config", "routes", "test", "--config.file=\(file)"] + arguments)
        let found = test.matches(LabelSet(labels)).map(\.receiver).joined(separator: ",")
        #expect(found == expected, "\(round): \(arguments)")
        answers.insert("\(round) \(found)")
      }
    }
    #expect(answers.count > 60, "the trees lead to many places")
  }

  @Test func nodesAreNamedByTheirPlace() throws {
    let file = AlertmanagerFile.read(
      """
      route:
        receiver: a
        routes:
          - matchers: [x=1]
            routes: [{matchers: [y=1], receiver: b, continue: true}, {matchers: [y=~"1|2"]}]
          - {receiver: c, group_by: ["..."], group_wait: 5s}
      receivers: [{name: a}, {name: b}, {name: c}]
      """, file: "f")
    let test = try RouteTest(try #require(file.policy))
    #expect(
      test.nodes.map { "\($0.depth) \($0.path) \($0.receiver) \($0.isLast)" } == [
        "0 route a true", "1 route.routes[0] a false", "2 route.routes[0].routes[0] b false",
        "2 route.routes[0].routes[1] a true", "1 route.routes[1] c true",
      ])
    let both = test.matches(LabelSet(["x": "1", "y": "1"]))
    #expect(both.map(\.path) == ["route.routes[0].routes[0]", "route.routes[0].routes[1]"])
    let rest = test.matches(LabelSet())
    #expect(rest.map(\.path) == ["route.routes[1]"])
    #expect(rest.first?.groupBy == ["..."] && rest.first?.groupWait == .seconds(5))
    #expect(rest.first?.groupInterval == .seconds(300))
  }
}

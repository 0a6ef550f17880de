import FleetModel
import Foundation
import Testing

/// The same configuration and the same alerts into Debian's Alertmanager and into Skep: the same notifications come of it.
@Suite("beside an Alertmanager", .timeLimit(.minutes(10)))
struct AlertmanagerConformanceTests {
  static let scenarios = AlertScenario.grouping + AlertScenario.quiet + AlertScenario.life

  /// Both programs wait most of the time, so many scenarios run at once.
  private static let atOnce = 16

  /// With SKEP_CONFORMANCE_TWICE set, Alertmanager beside itself: shows whether a new scenario gives the same each time.
  private static let kinds: [AlertingProgram.Kind] = [
    .alertmanager, getenv("SKEP_CONFORMANCE_TWICE") == nil ? .skep : .alertmanager,
  ]

  @Test func namesAreUnique() {
    #expect(Set(Self.scenarios.map(\.name)).count == Self.scenarios.count)
    #expect(Self.scenarios.count >= 25)
  }

  @Test(
    .enabled(if: Program.exists("prometheus-alertmanager"), "needs Debian's prometheus-alertmanager: `make test-tools`")
  )
  func theSameNotifications() async throws {
    let recorder = try await WebhookRecorder()
    var differing = try await Self.differences(in: Self.scenarios, atOnce: Self.atOnce, recorder)
    // A machine that others keep busy holds up one of the two: what is truly different is different each time. Where much is, it
    // is no hold-up.
    for round in 0..<2 where (1...6).contains(differing.count) {
      let again = Self.scenarios.filter { differing[$0.name] != nil }
      differing = try await Self.differences(in: again, atOnce: round == 0 ? 4 : 1, recorder)
    }
    for (name, texts) in differing.sorted(by: { $0.key < $1.key }) {
      Issue.record("\(name):\n\(texts.joined(separator: "\n"))")
    }
    await recorder.close()
  }

  /// What is different, by the scenario's name.
  private static func differences(
    in scenarios: [AlertScenario], atOnce: Int, _ recorder: WebhookRecorder
  ) async throws -> [String: [String]] {
    try await withThrowingTaskGroup(of: (String, [String]).self) { group in
      var found: [String: [String]] = [:]
      for (index, scenario) in scenarios.enumerated() {
        if index >= atOnce, let (name, texts) = try await group.next(), !texts.isEmpty { found[name] = texts }
        group.addTask { (scenario.name, await differences(in: scenario, recorder)) }
      }
      for try await (name, texts) in group where !texts.isEmpty { found[name] = texts }
      return found
    }
  }

  private static func differences(in scenario: AlertScenario, _ recorder: WebhookRecorder) async -> [String] {
    do {
      let run = ScenarioRun(scenario: scenario, recorder: recorder)
      let arrivals = try await run.arrivals(at: kinds)
      return ArrivalComparison(scenario: scenario, expected: arrivals[0], found: arrivals[1]).differences
    } catch {
      return ["\(error)"]
    }
  }
}

/// Holds what one program sent against what the other did.
struct ArrivalComparison {
  let scenario: AlertScenario
  let expected: ScenarioRun.Arrivals
  let found: ScenarioRun.Arrivals

  /// In words; empty where both are the same.
  var differences: [String] {
    var texts: [String] = []
    for (way, minimum) in scenario.minimum.sorted(by: { $0.key < $1.key }) {
      let count = (expected[way] ?? [:]).values.map(\.count).reduce(0, +)
      if count < minimum { texts.append("\(way): Alertmanager sent \(count), the scenario wants \(minimum) at least") }
    }
    for way in Set(expected.keys).union(found.keys).sorted() {
      let (theirs, ours) = (expected[way] ?? [:], found[way] ?? [:])
      for group in Set(theirs.keys).union(ours.keys).sorted() {
        texts += compare(theirs[group] ?? [], ours[group] ?? []).map { "\(way) \(group): \($0)" }
      }
    }
    return texts
  }

  private func compare(_ theirs: [ScenarioRun.Arrival], _ ours: [ScenarioRun.Arrival]) -> [String] {
    guard theirs.count == ours.count else {
      return ["Alertmanager sent\n  \(Self.list(theirs))\nSkep\n  \(Self.list(ours))"]
    }
    return zip(theirs, ours).enumerated().flatMap { index, pair in
      var texts = pair.1.notification.differences(
        from: pair.0.notification, timesWithin: scenario.setsTimes ? scenario.tolerance : 0)
      if abs(pair.0.at - pair.1.at) > scenario.tolerance {
        texts.append("sent at \(Self.seconds(pair.1.at)) s, the other at \(Self.seconds(pair.0.at)) s")
      }
      return texts.map { "notification \(index): \($0)" }
    }
  }

  private static func list(_ arrivals: [ScenarioRun.Arrival]) -> String {
    arrivals.map { "\(seconds($0.at)) s \($0.notification.summary)" }.joined(separator: "\n  ")
  }

  private static func seconds(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}

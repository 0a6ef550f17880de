import AlertLogic
import FleetModel
import Testing

/// Alertmanager's `provider/mem.Alerts.Put` and `types.Alert.Merge`.
@Suite("merging alerts")
struct AlertMergeTests {
  struct Times: Sendable {
    var start: Double
    var end: Double?
    var updated: Double
    var timeout = false
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var old: Times
    var new: Times
    var now: Double
    /// Start and end.
    var expected: (Double, Double?)
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "said again without an end", old: Times(start: 0, end: nil, updated: 0),
      new: Times(start: 5, end: nil, updated: 5), now: 5, expected: (0, nil)),
    Case(
      name: "the timeout moves on", old: Times(start: 0, end: 300, updated: 0, timeout: true),
      new: Times(start: 60, end: 360, updated: 60, timeout: true), now: 60, expected: (0, 360)),
    Case(
      name: "an earlier start where times overlap", old: Times(start: 50, end: 300, updated: 50),
      new: Times(start: 0, end: 200, updated: 60, timeout: true), now: 60, expected: (0, 300)),
    Case(
      name: "a timeout does not outlive what is said", old: Times(start: 0, end: 300, updated: 0, timeout: true),
      new: Times(start: 0, end: 100, updated: 60), now: 60, expected: (0, 100)),
    Case(
      name: "an end that was said and is later rules", old: Times(start: 0, end: 300, updated: 0),
      new: Times(start: 0, end: 100, updated: 60), now: 60, expected: (0, 300)),
    Case(
      name: "resolved ends what fired", old: Times(start: 0, end: nil, updated: 0),
      new: Times(start: 0, end: 60, updated: 60), now: 60, expected: (0, 60)),
    Case(
      name: "of two ends that passed the later", old: Times(start: 0, end: 50, updated: 50),
      new: Times(start: 0, end: 40, updated: 60), now: 60, expected: (0, 50)),
    Case(
      name: "resolved wins over an end to come", old: Times(start: 0, end: 300, updated: 0),
      new: Times(start: 0, end: 60, updated: 60), now: 60, expected: (0, 60)),
    Case(
      name: "fires anew after its end", old: Times(start: 0, end: 50, updated: 50),
      new: Times(start: 60, end: nil, updated: 60), now: 60, expected: (60, nil)),
    Case(
      name: "fires anew with the same start", old: Times(start: 0, end: 50, updated: 50),
      new: Times(start: 0, end: 400, updated: 60, timeout: true), now: 60, expected: (0, 400)),
    Case(
      name: "older news does not undo newer", old: Times(start: 0, end: 60, updated: 60),
      new: Times(start: 10, end: 300, updated: 30, timeout: true), now: 61, expected: (0, 60)),
  ]

  @Test(arguments: cases)
  func aPutAlertIsMergedWithWhatIsKnown(_ test: Case) throws {
    var machine = NotificationMachine(policy: try compiled(route("r")), integrations: [:], at: second(0))
    func alert(_ times: Times, _ note: String) -> NotifiedAlert {
      NotifiedAlert(
        labels: labels("alertname=A"), annotations: LabelSet(["note": note]), startsAt: second(times.start),
        endsAt: times.end.map(second), updatedAt: second(times.updated), endsByTimeout: times.timeout)
    }
    machine.put([alert(test.old, "old")], at: second(min(test.old.updated, test.now)))
    machine.put([alert(test.new, "new")], at: second(test.now))
    let merged = try #require(machine.alert(labels: labels("alertname=A")))
    #expect(merged.startsAt == second(test.expected.0))
    #expect(merged.endsAt == test.expected.1.map(second))
    #expect(merged.annotations["note"] == (test.new.updated >= test.old.updated ? "new" : "old"))
    #expect(machine.alertCount == 1)
  }
}

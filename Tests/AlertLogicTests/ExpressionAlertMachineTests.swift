import AlertLogic
import FleetModel
import TestSupport
import Testing

/// What an alert is after each evaluation: P pending, F firing, K kept, R resolved but remembered, `-` unknown.
struct ExpressionAlertScript: Sendable, CustomTestStringConvertible {
  var name: String
  /// Seconds.
  var hold = 0.0
  var keepFiringFor = 0.0
  var interval = 60.0
  /// One character for each evaluation: `x` the series is in the result, `_` it is not.
  var presence: String
  var states: String

  var testDescription: String { name }
}

private let scripts: [ExpressionAlertScript] = [
  .init(name: "without for it fires at once", presence: "xx_", states: "FFR"),
  .init(name: "for counts from the first result", hold: 120, presence: "xxxx_", states: "PPFFR"),
  .init(name: "a gap begins for anew", hold: 120, presence: "xx_xxx", states: "PP-PPF"),
  .init(name: "a for between two evaluations waits for the later one", hold: 90, presence: "xxx", states: "PPF"),
  .init(
    name: "keep_firing_for counts from the first missing result", keepFiringFor: 120, presence: "x_____",
    states: "FKKRRR"),
  .init(name: "what is kept fires on when it is back", keepFiringFor: 120, presence: "x_x___", states: "FKFKKR"),
  .init(name: "pending is never kept", hold: 60, keepFiringFor: 600, presence: "x_xx__", states: "P-PFKK"),
  .init(name: "a resolved alert begins anew", hold: 60, presence: "xx_xx", states: "PFRPF"),
  .init(
    name: "resolved is remembered for 15 minutes", interval: 300, presence: "x______", states: "FRRRR--"),
]

@Suite("the life of expression alerts")
struct ExpressionAlertMachineTests {
  static let labels = LabelSet(["alertname": "A", "agent_id": "planner"])

  @Test(arguments: scripts)
  func follows(_ script: ExpressionAlertScript) throws {
    var machine = ExpressionAlertMachine()
    let terms = HoldTerms(hold: .seconds(script.hold), keepFiringFor: .seconds(script.keepFiringFor))
    var states = ""
    for (index, presence) in script.presence.enumerated() {
      let now = Timestamp(milliseconds: 1_000_000) + .seconds(Double(index) * script.interval)
      let result = presence == "x" ? [ExpressionAlertInstance(labels: Self.labels, value: Double(index))] : []
      try machine.step(result, terms, at: now)
      states += Self.letter(machine.alerts[Self.labels])
    }
    #expect(states == script.states)
  }

  static func letter(_ alert: ExpressionAlertMachine.Alert?) -> String {
    switch alert?.state {
    case nil: "-"
    case .pending: "P"
    case .firing: alert?.keptSince == nil ? "F" : "K"
    case .resolved: "R"
    }
  }

  @Test func newTextsAndValuesAreTaken() throws {
    var machine = ExpressionAlertMachine()
    let first = ExpressionAlertInstance(labels: Self.labels, annotations: ["a": "1"], value: 1)
    let second = ExpressionAlertInstance(labels: Self.labels, annotations: ["a": "2"], value: 2)
    try machine.step([first], HoldTerms(hold: .seconds(60)), at: Timestamp(milliseconds: 0))
    try machine.step([second], HoldTerms(hold: .seconds(60)), at: Timestamp(milliseconds: 1000))
    let alert = try #require(machine.alerts[Self.labels])
    #expect(alert.value == 2 && alert.annotations == ["a": "2"] && alert.activeAt == Timestamp(milliseconds: 0))
  }

  @Test func sameLabelsAreRefusedAndChangeNothing() throws {
    var machine = ExpressionAlertMachine()
    try machine.step(
      [ExpressionAlertInstance(labels: Self.labels, value: 1)], HoldTerms(), at: Timestamp(milliseconds: 0))
    let before = machine
    let twice = [2.0, 3].map { ExpressionAlertInstance(labels: Self.labels, value: $0) }
    #expect(throws: ExpressionAlertProblem.sameLabels) {
      try machine.step(twice, HoldTerms(), at: Timestamp(milliseconds: 60_000))
    }
    #expect(machine == before)
  }

  @Test func overTheLimitAllIsForgotten() throws {
    var machine = ExpressionAlertMachine()
    let result = ["a", "b", "c"].map { ExpressionAlertInstance(labels: LabelSet(["alertname": $0]), value: 1) }
    try machine.step(Array(result.prefix(2)), HoldTerms(), limit: 2, at: Timestamp(milliseconds: 0))
    #expect(machine.active.count == 2)
    #expect(throws: ExpressionAlertProblem.overLimit(limit: 2, alerts: 3)) {
      try machine.step(result, HoldTerms(), limit: 2, at: Timestamp(milliseconds: 60_000))
    }
    #expect(machine.alerts.isEmpty)
  }

  @Test func whatFiredFiresOn() throws {
    let now = Timestamp(milliseconds: 10_000_000)
    let terms = HoldTerms(hold: .seconds(300), keepFiringFor: .seconds(120))
    let instance = ExpressionAlertInstance(labels: Self.labels, value: 1)
    let before = now - .seconds(3600)
    var machine = ExpressionAlertMachine()
    try machine.step([instance], terms, at: now)
    let goesOn = machine.resumeFiring(
      instance, activeAt: before, firedAt: before, keptSince: nil, terms, at: now)
    #expect(goesOn)
    #expect(machine.alerts[Self.labels]?.state == .firing)
    #expect(machine.alerts[Self.labels]?.activeAt == before)

    // Missing: kept for what is left of keep_firing_for.
    var missing = ExpressionAlertMachine()
    let since = now - .seconds(60)
    let isKept = missing.resumeFiring(
      instance, activeAt: before, firedAt: before, keptSince: since, terms, at: now)
    #expect(isKept)
    try missing.step([], terms, at: now + .seconds(59))
    #expect(Self.letter(missing.alerts[Self.labels]) == "K")
    try missing.step([], terms, at: now + .seconds(60))
    #expect(Self.letter(missing.alerts[Self.labels]) == "R")

    var gone = ExpressionAlertMachine()
    for (since, terms) in [(before, terms), (nil, HoldTerms())] {
      let goesOn = gone.resumeFiring(
        instance, activeAt: before, firedAt: before, keptSince: since, terms, at: now)
      #expect(!goesOn)
    }
  }

  /// One label set as the text of Prometheus' documentation has it, without a table of alerts.
  private struct PlainAlert {
    var began: Double?
    var fires = false
    var missingSince: Double?

    mutating func step(_ present: Bool, _ now: Double, hold: Double, keep: Double) -> String {
      if present {
        if began == nil { began = now }
        missingSince = nil
        if let began, now - began >= hold { fires = true }
        return fires ? "F" : "P"
      }
      guard fires else {
        began = nil
        return "-"
      }
      if keep > 0 {
        missingSince = missingSince ?? now
        if let missingSince, now - missingSince < keep { return "K" }
      }
      self = PlainAlert()
      return "-"
    }
  }

  @Test(arguments: 0..<60)
  func equalsThePlainModel(seed: Int) throws {
    let random = SeededRandom(seed: UInt64(seed))
    let hold = Double(random.next() % 5) * 30
    let keep = Double(random.next() % 4) * 45
    let terms = HoldTerms(hold: .seconds(hold), keepFiringFor: .seconds(keep))
    let names = (0..<6).map { LabelSet(["alertname": "A", "series": "\($0)"]) }
    var machine = ExpressionAlertMachine()
    var plain = Array(repeating: PlainAlert(), count: names.count)
    var now = 1_000.0
    for _ in 0..<200 {
      now += Double(15 + random.next() % 3 * 15)
      let present = names.map { _ in random.next() % 4 != 0 }
      let result = zip(names, present).filter(\.1).map { ExpressionAlertInstance(labels: $0.0, value: now) }
      try machine.step(result.reversed(), terms, at: Timestamp(milliseconds: Int64(now * 1000)))
      let expected = names.indices.map { plain[$0].step(present[$0], now, hold: hold, keep: keep) }
      let found = names.map { Self.letter(machine.alerts[$0]) }.map { $0 == "R" ? "-" : $0 }
      #expect(found == expected)
      let active = zip(names, found).filter { $0.1 != "-" }.map(\.0)
      #expect(machine.active.map(\.labels) == active)
    }
  }
}

@Suite("pending alerts after a restart")
struct ForStateRestorationTests {
  struct Case: Sendable {
    var hold: Double
    /// Seconds before now.
    var began: Double
    var down: Double
    /// Seconds before now; `nil` where nothing is restored.
    var restored: Double?
  }

  @Test(arguments: [
    // It fired before: it began when it began.
    Case(hold: 900, began: 2000, down: 600, restored: 2000),
    // Less than the grace period is left: it fires after the grace period.
    Case(hold: 900, began: 1200, down: 600, restored: 300),
    // More is left: the outage does not count.
    Case(hold: 3600, began: 1200, down: 600, restored: 600),
  ])
  func begins(_ one: Case) {
    let now = Timestamp(milliseconds: 1_700_000_000_000)
    let found = ForStateRestoration().activeAt(
      lastTime: now - .seconds(one.down), lastValue: 1_700_000_000 - one.began, hold: .seconds(one.hold), now: now)
    #expect(found == one.restored.map { now - .seconds($0) })
  }

  @Test(arguments: [StaleMarker.value, .nan, .infinity, 1e300, -1e300])
  func noTimeRestoresNothing(value: Double) {
    let now = Timestamp(milliseconds: 1_700_000_000_000)
    #expect(
      ForStateRestoration().activeAt(lastTime: now, lastValue: value, hold: .seconds(900), now: now) == nil)
  }

  @Test func shortHoldsAreNotRestored() {
    #expect(!ForStateRestoration().restores(hold: .seconds(599)))
    #expect(ForStateRestoration().restores(hold: .seconds(600)))
  }
}

@Suite("labels that rules set")
struct LabelOverridesTests {
  @Test(arguments: 0..<200)
  func sameAsBuildingAnew(seed: Int) {
    let random = SeededRandom(seed: UInt64(seed))
    let names = ["__name__", "a", "aa", "agent_id", "b", "le", "long" + String(repeating: "x", count: 200), "z"]
    func some(emptyToo: Bool) -> [String: String] {
      var labels: [String: String] = [:]
      for name in names where random.next() % 2 == 0 {
        let length = Int(random.next() % 3) * 90
        labels[name] = emptyToo && length == 0 ? "" : "v" + String(repeating: "y", count: length)
      }
      return labels
    }
    let (series, overrides) = (some(emptyToo: false), some(emptyToo: true))
    let found = LabelOverrides(overrides).applied(to: LabelSet(series))
    #expect(found == LabelSet(series.merging(overrides) { $1 }))
  }
}

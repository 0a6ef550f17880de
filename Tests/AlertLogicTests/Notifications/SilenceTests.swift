import FleetModel
import TestSupport
import Testing

@testable import AlertLogic

@Suite("silences")
struct SilenceTests {
  static func silence(_ texts: [String], _ start: Double, _ end: Double, id: String = "") -> Silence {
    Silence(
      id: id, matchers: texts.map(matcher), startsAt: second(start), endsAt: second(end), updatedAt: second(0),
      createdBy: "me", comment: "why")
  }

  func machine() throws -> NotificationMachine {
    NotificationMachine(
      policy: try compiled(route("r", by: [], wait: 0)),
      integrations: ["r": [IntegrationFacts(name: "webhook[0]", sendResolved: true)]], at: second(0))
  }

  static let refused: [(silence: Silence, error: String)] = [
    (silence([], 0, 10), "at least one matcher"),
    (silence(["a="], 0, 10), "must not match the empty value"),
    (silence(["a=~.*", "b="], 0, 10), "must not match the empty value"),
    (silence(["a=~("], 0, 10), "a=~"),
    (silence(["a=1"], 10, 10), "after it starts"),
    (silence(["a=1"], 10, 5), "after it starts"),
    (silence(["a=1"], -10, -5), "in the past"),
    (silence(["a=1"], 0, 10, id: "nobody"), "silence nobody not found"),
  ]

  @Test(arguments: refused)
  func whatCannotBeSetIsRefused(silence: Silence, error: String) throws {
    var machine = try machine()
    let thrown = #expect(throws: SilenceError.self) { _ = try machine.set(silence, newID: "n", at: second(0)) }
    #expect(thrown?.description.contains(error) == true, "\(thrown?.description ?? "")")
    #expect(machine.silences.isEmpty && machine.takeChanges().isEmpty)
  }

  @Test func negativeMatchersMayTakeTheEmptyValue() throws {
    var machine = try machine()
    #expect(try machine.set(Self.silence(["a!=1"], 0, 10), newID: "n", at: second(0)) == "n")
  }

  @Test func aNewOneBeginsNowAtTheEarliest() throws {
    var machine = try machine()
    _ = try machine.set(Self.silence(["a=1"], -100, 10), newID: "n", at: second(5))
    #expect(machine.silence(id: "n")?.startsAt == second(5))
    #expect(machine.silence(id: "n")?.updatedAt == second(5))
    _ = try machine.set(Self.silence(["a=1"], 100, 200), newID: "m", at: second(5))
    #expect(machine.silence(id: "m")?.startsAt == second(100))
  }

  struct Update: Sendable, CustomTestStringConvertible {
    var name: String
    /// Begins at 0 and ends at 100, or begins at 50 where it is still to come.
    var isPending = false
    var matchers = ["a=1"]
    var times: (Double, Double)
    var at: Double
    var inPlace: Bool
    var testDescription: String { name }
  }

  static let updates = [
    Update(name: "active, another end", times: (0, 200), at: 10, inPlace: true),
    Update(name: "active, an earlier end", times: (0, 20), at: 10, inPlace: true),
    Update(name: "active, same second", times: (0.5, 200), at: 10, inPlace: true),
    Update(name: "active, another start", times: (20, 200), at: 10, inPlace: false),
    Update(name: "active, other matchers", matchers: ["a=2"], times: (0, 200), at: 10, inPlace: false),
    Update(
      name: "active, matchers in another order", matchers: ["a=1", "b=1"], times: (0, 200), at: 10, inPlace: false),
    Update(name: "pending, another start", isPending: true, times: (30, 200), at: 10, inPlace: true),
    Update(name: "pending, start in the past", isPending: true, times: (5, 200), at: 10, inPlace: false),
    Update(
      name: "pending, other matchers", isPending: true, matchers: ["a=2"], times: (50, 100), at: 10, inPlace: false),
    Update(name: "expired", times: (0, 200), at: 150, inPlace: false),
  ]

  @Test(arguments: updates)
  func aChangeKeepsWhatWasSilenced(_ update: Update) throws {
    var machine = try machine()
    let first = Self.silence(["a=1"], update.isPending ? 50 : 0, 100)
    #expect(try machine.set(first, newID: "1", at: second(0)) == "1")
    let changed = Self.silence(update.matchers, update.times.0, update.times.1, id: "1")
    let id = try machine.set(changed, newID: "2", at: second(update.at))
    #expect(id == (update.inPlace ? "1" : "2"))
    let now = try #require(machine.silence(id: id))
    #expect(now.endsAt == second(update.times.1))
    #expect(now.matchers == update.matchers.map(matcher))
    guard !update.inPlace else { return #expect(machine.silences.count == 1) }
    #expect(now.startsAt == second(max(update.times.0, update.at)))
    let old = try #require(machine.silence(id: "1"))
    #expect(old.state(at: second(update.at)) == .expired)
    #expect(old.endsAt == second(min(100, update.at)))
    #expect(old.startsAt <= old.endsAt)
  }

  @Test func expiring() throws {
    var machine = try machine()
    _ = try machine.set(Self.silence(["a=1"], 0, 100), newID: "active", at: second(0))
    _ = try machine.set(Self.silence(["a=1"], 50, 100), newID: "pending", at: second(0))
    try machine.expire("active", at: second(10))
    try machine.expire("pending", at: second(10))
    #expect(machine.silence(id: "active")?.startsAt == second(0))
    #expect(machine.silence(id: "active")?.endsAt == second(10))
    #expect(machine.silence(id: "pending")?.startsAt == second(10))
    #expect(machine.silence(id: "pending")?.endsAt == second(10))
    #expect(throws: SilenceError.alreadyExpired(id: "active")) { try machine.expire("active", at: second(11)) }
    #expect(throws: SilenceError.notFound(id: "x")) { try machine.expire("x", at: second(11)) }
  }

  @Test func expiredOnesAreForgottenAfterFiveDays() throws {
    var machine = try machine()
    _ = try machine.set(Self.silence(["a=1"], 0, 100), newID: "1", at: second(0))
    _ = machine.takeChanges()
    _ = machine.flushDue(at: second(120 * 3600))
    #expect(machine.silences.count == 1)
    _ = machine.flushDue(at: second(121 * 3600))
    #expect(machine.silences.isEmpty)
    #expect(machine.takeChanges().goneSilences == ["1"])
  }

  @Test func silencedAlertsAreNotToldUntilItEnds() throws {
    var machine = try machine()
    machine.put([firing("alertname=A a=1", at: 0), firing("alertname=A a=2", at: 0)], at: second(0))
    _ = try machine.set(Self.silence(["a=1"], 0, 400), newID: "1", at: second(0))
    let flush = try #require(machine.flushDue(at: second(0)).first)
    let toldAnswer = machine.notification(of: flush.sends[0].id, externalURL: "", at: second(0))
    let told = try #require(toldAnswer)
    #expect(told.alerts.map(\.labels) == [labels("alertname=A a=2")])
    machine.finished(flush.sends[0].id, delivered: true, at: second(0))
    #expect(machine.alerts(at: second(1)).map(\.state).filter { $0 == .suppressed }.count == 1)
    #expect(machine.alerts(at: second(1)).flatMap(\.silencedBy) == ["1"])
    #expect(machine.flushDue(at: second(300)).isEmpty)
    let later = try #require(machine.flushDue(at: second(600)).first)
    #expect(later.sends.map(\.reason) == [.newFiring])
  }

  /// The index against holding each alert against each silence.
  @Test(arguments: 0..<40) func theIndexFindsWhatMatches(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    func pick(_ count: UInt64) -> UInt64 { random.next() % count }
    var table = SilenceTable()
    var seen: [LabelSet: (number: UInt32, found: [UInt32])] = [:]
    var silences: [Silence] = []
    for step in 0..<60 {
      let forms = ["=", "!=", "=~", "!~"]
      let texts = (0...pick(2)).map { _ -> String in
        let form = forms[Int(pick(4))]
        let value =
          form.hasSuffix("~")
          ? ["1|2", "[12]", ".*", ".+", "3", "|1"][Int(pick(6))] : ["", "1", "2", "3"][Int(pick(4))]
        return "\(["a", "b", "c"][Int(pick(3))])\(form)\(value)"
      }
      let silence = Self.silence(texts, 0, 100, id: "\(step)")
      try table.put(silence)
      silences.append(silence)
      for _ in 0..<3 {
        let set = LabelSet(["a", "b", "c"].map { Label($0, ["", "1", "2", "3"][Int(pick(4))]) })
        var (number, found) = seen[set] ?? (0, [])
        table.matches(set, after: number, at: second(1), to: &found)
        number = table.latest
        seen[set] = (number, found)
        let expected = try silences.filter { silence in
          try silence.matchers.allSatisfy { try MatcherTest($0).accepts(set) }
        }
        #expect(found.compactMap { table.silence(number: $0)?.id } == expected.map(\.id), "\(set)")
      }
    }
  }
}

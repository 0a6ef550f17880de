import AlertLogic
import FleetModel
import TestSupport

/// Drives a machine through random trees, alerts, failing receivers, crashes and reloads on a simulated clock, and keeps beside it
/// what was said, what was delivered and what is durable.
struct NotificationSimulation {
  struct Lane: Hashable {
    var group: String
    var receiver: String
    var integration: String
  }

  /// What one integration last got, and when.
  struct Told {
    var firing: Set<LabelSet>
    var resolved: Set<LabelSet>
    var at: Timestamp
  }

  private struct Sending {
    var id: SendID
    var flush: Flush
    var next: Timestamp
    var sendResolved: Bool
    /// What fired when the flush began.
    var firing: Set<LabelSet>
  }

  let random: SeededRandom
  let hasMuting: Bool
  var root: Route
  var policy: CompiledPolicy
  let facts: [String: [IntegrationFacts]]
  let rules: [InhibitRule]
  var machine: NotificationMachine
  var durable = DurableState()
  var now = second(1000)
  /// When each alert ends by what was said of it; the greatest time while no end is known.
  var ends: [LabelSet: Timestamp] = [:]
  /// Since when each alert fires, or fired last.
  var begins: [LabelSet: Timestamp] = [:]
  /// What was put and not committed: its senders say it again after a crash.
  private var unacknowledged: [NotifiedAlert] = []
  private var sending: [Sending] = []
  /// What each integration got last, and what of it is durable.
  var told: [Lane: Told] = [:]
  private var logged: [Lane: Told] = [:]
  private var isFailing = false
  private var isSettling = false
  var notifications = 0
  var crashes = 0
  private let book = FaultBook()
  private var silenced: [(a: String, onlyLowB: Bool, from: Timestamp, to: Timestamp)] = []
  /// Where the reference sends each alert.
  private var references: [LabelSet: [RandomRoutes.Found]] = [:]

  /// What must not be, in words.
  var faults: [String] { book.faults }

  static let receivers = ["r", "a", "b", "c"]

  init(seed: UInt64, hasMuting: Bool) throws {
    let random = SeededRandom(seed: seed)
    self.random = random
    self.hasMuting = hasMuting
    var facts: [String: [IntegrationFacts]] = [:]
    for receiver in Self.receivers {
      let resolved = random.next() % 3 > 0
      facts[receiver] = [IntegrationFacts(name: "webhook[0]", sendResolved: resolved)]
      if random.next() % 3 == 0 { facts[receiver]?.append(IntegrationFacts(name: "slack[0]", sendResolved: false)) }
    }
    self.facts = facts
    rules = hasMuting && random.next() % 2 == 0 ? [inhibit(["a=1"], ["a=2"], equal: ["b"])] : []
    root = RandomRoutes.tree(random)
    policy = try compiled(root, inhibiting: rules)
    machine = NotificationMachine(policy: policy, integrations: facts, at: now)
  }

  func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

  /// - Parameter reloads: whether other policies may come.
  mutating func run(steps: Int, reloads: Bool) throws {
    for _ in 0..<steps {
      advance(to: now + .milliseconds(pick(20_000)))
      switch pick(20) {
      case 0: crash()
      case 1: isFailing.toggle()
      case 2 where reloads:
        root = RandomRoutes.tree(random)
        references = [:]
        policy = try compiled(root, inhibiting: rules)
        machine.replace(policy: policy, integrations: facts, at: now)
        commit()
      case 3...5 where hasMuting: silence()
      default: say()
      }
      if pick(5) > 0 { commit() }
    }
    isFailing = false
    commit()
    advance(to: now + .seconds(1500))
    if pick(2) == 0 { crash() }
    // A crash puts the end of alerts off, and that end is still to be told.
    isSettling = true
    advance(to: now + .seconds(1500))
  }

  private mutating func say() {
    let set = LabelSet(["alertname": "A\(pick(2))", "a": "\(pick(4))", "b": "\(pick(3))"])
    var alert = NotifiedAlert(labels: set, startsAt: now - .milliseconds(pick(40_000)), updatedAt: now)
    switch pick(5) {
    case 0, 1: break
    case 2:
      alert.endsAt = now + .seconds(Double(1 + pick(120)))
      alert.endsByTimeout = true
    default: alert.endsAt = now
    }
    put(alert)
    unacknowledged.append(alert)
  }

  private mutating func put(_ alert: NotifiedAlert) {
    machine.put([alert], at: now)
    if (ends[alert.labels] ?? now) <= now { begins[alert.labels] = now }
    ends[alert.labels] = alert.endsAt ?? Timestamp(milliseconds: .max)
  }

  private mutating func silence() {
    let a = "\(pick(4))"
    let onlyLowB = pick(2) == 0
    let end = now + .seconds(Double(10 + pick(200)))
    let silence = Silence(
      matchers: onlyLowB ? matchers("a=\(a)", "b=~[01]") : matchers("a=\(a)"), startsAt: now, endsAt: end,
      updatedAt: now,
      createdBy: "s", comment: "")
    do throws(SilenceError) {
      _ = try machine.set(silence, newID: "\(now.milliseconds)-\(pick(1_000_000))", at: now)
    } catch { return book.faults.append("silence refused: \(error)") }
    silenced.append((a, onlyLowB, now, end))
    // Answered only once it is durable.
    commit()
  }

  private mutating func commit() {
    durable.apply(machine.takeChanges())
    unacknowledged = []
    logged = told
  }

  /// What was not committed is lost, and what was being sent is cut off.
  private mutating func crash() {
    crashes += 1
    sending = []
    told = logged
    machine = NotificationMachine(policy: policy, integrations: facts, restoring: durable.state, at: now)
    var expected = durable
    let grace = now + policy.policy.resolveTimeout
    for (labels, record) in durable.alerts {
      guard let end = record.alert.endsAt, end > record.alert.updatedAt, end < grace, record.leftRoutes.isEmpty else {
        continue
      }
      expected.alerts[labels]?.alert.endsAt = grace
      expected.alerts[labels]?.alert.endsByTimeout = true
      if (ends[labels] ?? now) <= now { begins[labels] = now }
      ends[labels] = grace
    }
    check(DurableState(machine.state).differences(from: expected, orDue: now).isEmpty, "restored another state")
    for alert in unacknowledged {
      var again = alert
      again.updatedAt = now
      if again.endsAt != nil, !again.endsByTimeout { again.endsAt = now }
      put(again)
    }
    commit()
  }

  /// Lets time pass: flushes what is due and gives the lanes their turns.
  private mutating func advance(to end: Timestamp) {
    while true {
      let next = min(machine.deadline ?? end, sending.map(\.next).min() ?? end)
      guard next < end else { break }
      now = max(now, next)
      let firing = Set(ends.filter { $0.value > now }.keys)
      for flush in machine.flushDue(at: now) {
        for send in flush.sends {
          let facts = (facts[flush.receiver] ?? [])[send.id.integration]
          check(facts.name == send.integration, "another integration")
          // Mostly at once, sometimes late.
          let wait = pick(4) == 0 ? pick(20_000) : 0
          sending.append(
            Sending(
              id: send.id, flush: flush, next: now + .milliseconds(wait), sendResolved: facts.sendResolved,
              firing: firing))
        }
      }
      if let deadline = machine.deadline { check(deadline > now, "due again at once") }
      while let index = sending.lastIndex(where: { $0.next <= now }) { turn(index) }
    }
    now = end
  }

  private mutating func turn(_ index: Int) {
    let send = sending[index]
    guard let notification = machine.notification(of: send.id, externalURL: "", at: now) else {
      sending.remove(at: index)
      return
    }
    if isFailing || pick(4) == 0 {
      guard now >= send.flush.until else {
        sending[index].next = now + .milliseconds(500 + pick(8000))
        return
      }
      machine.finished(send.id, delivered: false, at: now)
    } else {
      let lane = Lane(
        group: notification.groupKey, receiver: notification.receiver,
        integration: facts[notification.receiver]?[send.id.integration].name ?? "")
      examine(notification, lane, send)
      told[lane] = Told(
        firing: Set(notification.firing.map(\.labels)), resolved: Set(notification.resolved.map(\.labels)), at: now)
      notifications += 1
      let record = machine.finished(send.id, delivered: true, at: now)
      check(record != nil, "a delivery is not logged")
      // The log is committed before anything else; a crash in between is the one way to tell twice.
      if pick(10) == 0, !isSettling { crash() } else { commit() }
      sending.removeAll { $0.id == send.id }
      return
    }
    sending.remove(at: index)
  }

  private mutating func examine(_ notification: GroupNotification, _ lane: Lane, _ send: Sending) {
    let sendResolved = send.sendResolved
    let firing = Set(notification.firing.map(\.labels))
    let resolved = Set(notification.resolved.map(\.labels))
    check(!notification.alerts.isEmpty, "an empty notification")
    check(sendResolved || resolved.isEmpty, "resolved to one that does not want it")
    for alert in notification.alerts {
      let isFiring = (ends[alert.labels] ?? now) > now
      // What fired when the flush began is told so.
      let isToldRightly = alert.endsAt == nil ? isFiring || send.firing.contains(alert.labels) : !isFiring
      check(isToldRightly, "\(alert.labels) told as \(alert.endsAt == nil ? "firing" : "resolved")")
      let routes = reference(alert.labels)
      check(
        routes.contains { route in
          route.receiver == notification.receiver
            && notification.groupKey == CompiledPolicy.groupKey(routeKey: route.key, labels: route.group)
        }, "\(alert.labels) to \(notification.receiver) as \(notification.groupKey)")
      check(!isMuted(alert.labels), "\(alert.labels) told though muted")
    }
    guard let before = told[lane] else { return check(!firing.isEmpty, "told of an end and never of a beginning") }
    let repeats = policy.routes.filter { $0.receiver == lane.receiver }.map(\.repeatInterval).min() ?? .zero
    check(
      !firing.isSubset(of: before.firing) || (firing.isEmpty && !before.firing.isEmpty)
        || (sendResolved && !resolved.isSubset(of: before.resolved)) || now - before.at > repeats
        // Who does not want ends is told when all begins anew. Where what still fires is muted while something else ends, Alertmanager takes
        // it that all has ended, and so do we.
        || (!sendResolved && (hasMuting || firing.allSatisfy { (begins[$0] ?? now) > before.at })),
      "\(lane) told the same after \(now - before.at)")
  }

  private func isMuted(_ labels: LabelSet) -> Bool {
    let a = labels["a"] ?? ""
    let b = labels["b"] ?? ""
    let isSilenced = silenced.contains {
      $0.a == a && (!$0.onlyLowB || b == "0" || b == "1") && $0.from <= now && now < $0.to
    }
    guard !isSilenced, !rules.isEmpty, a == "2" else { return isSilenced }
    return ends.contains { source, end in end > now && source["a"] == "1" && source["b"] == b }
  }

  private mutating func reference(_ labels: LabelSet) -> [RandomRoutes.Found] {
    if let known = references[labels] { return known }
    let found = RandomRoutes.reference(root, labels)
    references[labels] = found
    return found
  }

  private func check(_ holds: Bool, _ fault: @autoclosure () -> String) {
    if !holds { book.faults.append("at \(now): \(fault())") }
  }
}

private final class FaultBook {
  var faults: [String] = []
}

/// What a store would hold.
struct DurableState: Sendable {
  var alerts: [LabelSet: AlertRecord] = [:]
  var groups: [GroupID: GroupRecord] = [:]
  var silences: [String: Silence] = [:]
  var log: [LogKey: LogRecord] = [:]

  init() {}

  init(_ state: NotificationState) {
    for record in state.alerts { alerts[record.alert.labels] = record }
    for record in state.groups { groups[record.id] = record }
    for silence in state.silences { silences[silence.id] = silence }
    for record in state.log { log[record.key] = record }
  }

  mutating func apply(_ changes: StateChanges) {
    for labels in changes.goneAlerts { alerts[labels] = nil }
    for id in changes.goneGroups { groups[id] = nil }
    for id in changes.goneSilences { silences[id] = nil }
    for key in changes.goneLog { log[key] = nil }
    for record in changes.alerts { alerts[record.alert.labels] = record }
    for record in changes.groups { groups[record.id] = record }
    for silence in changes.silences { silences[silence.id] = silence }
    for record in changes.log { log[record.key] = record }
  }

  var state: NotificationState {
    var state = NotificationState()
    state.alerts = alerts.values.sorted { LabelSet.precedes($0.alert.labels, $1.alert.labels) }
    state.groups = Array(groups.values)
    state.silences = silences.values.sorted { $0.id < $1.id }
    state.log = Array(log.values)
    return state
  }

  /// Groups that were sending, or whose alerts have waited long enough, may be due at `now` instead.
  func differences(from other: DurableState, orDue now: Timestamp) -> [String] {
    var found: [String] = []
    if alerts != other.alerts { found.append("alerts") }
    if silences != other.silences { found.append("silences") }
    if log != other.log { found.append("log") }
    if Set(groups.keys) != Set(other.groups.keys) { found.append("groups") }
    for (id, group) in groups {
      guard let before = other.groups[id] else { continue }
      if group.hasFlushed != before.hasFlushed { found.append("hasFlushed of \(id)") }
      if group.nextFlush != before.nextFlush, group.nextFlush != now { found.append("timer of \(id)") }
    }
    return found
  }
}

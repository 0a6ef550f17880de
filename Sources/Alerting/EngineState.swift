import AlertLogic
import FleetModel

/// All that the engine knows, behind its one lock. The decisions are those of the machines in `AlertLogic`; this looks up
/// whom a sample, an event or a deadline concerns, and keeps the alerts that come of it.
struct EngineState: Sendable {
  let options: RuleEngineOptions
  let desk: DeliveryDesk
  let metrics: EngineMetrics
  /// Is told of all that fires and resolves before the handlers are; only takes note.
  var sink: (@Sendable (AlertNotification) -> Void)?

  var book = RuleBook()
  var generation: UInt64 = 1
  var table = SeriesTable()
  var pairs: [UInt32: AbsencePair] = [:]
  var pairIDs: [AbsencePair.Key: UInt32] = [:]
  var nextPair: UInt32 = 0
  /// Pairs that were not taken because there were too many.
  var refusedPairs = 0
  /// The pending and firing alerts of expression rules, by their labels with `alertname`.
  var expressions: [ExpressionRuleKey: [LabelSet: ExpressionStanding]] = [:]
  /// The expression rules that there are; `nil` before anyone said so.
  var liveExpressions: Set<ExpressionRuleKey>?
  var health: [String: AgentHealthMachine] = [:]
  /// Until when restored health alerts wait for a sign of their instances.
  var healthConfirmationDeadline: Timestamp?
  var heap = DeadlineHeap<Timestamp, TimerTarget>()
  var active = ActiveAlerts()
  /// Oldest first; trimmed in larger steps, see ``archive(_:)``.
  var history: [Alert] = []
  /// Whether something that the state file holds has changed.
  var isDirty = false
  /// Until when the timer loop sleeps; an earlier deadline must wake it.
  var sleepsUntil: Timestamp?
  var needsWake = false

  init(options: RuleEngineOptions, desk: DeliveryDesk, metrics: EngineMetrics) {
    self.options = options
    self.desk = desk
    self.metrics = metrics
  }

  /// Whether the timer loop must be woken for what was done since the last call.
  mutating func takeWake() -> Bool {
    defer { needsWake = false }
    return needsWake
  }

  func schedule(_ deadline: Timestamp?, over scheduled: Timestamp?) -> Bool {
    guard let deadline else { return false }
    return scheduled.map { deadline < $0 } ?? true
  }

  mutating func push(_ deadline: Timestamp, _ target: TimerTarget) {
    heap.push(deadline, target)
    if let sleepsUntil, deadline < sleepsUntil { needsWake = true }
  }

  // MARK: Rules

  /// - Returns: the slot of the rule.
  mutating func add(_ rule: AlertRule, at moment: Moment) throws(RuleError) -> Int {
    let compiled = try CompiledRule(rule, lookback: options.lookback)
    let slot = try book.add(compiled)
    generation += 1
    if case .absence(let terms) = compiled.terms, let (agent, metric) = compiled.namedPair {
      watchPair(AbsencePair.Key(rule: slot, agent: agent, metric: metric), terms, isNamed: true, at: moment)
    }
    return slot
  }

  mutating func remove(named name: String, at moment: Moment) -> Bool {
    guard let slot = book.slot(named: name) else { return false }
    for position in 0..<table.count {
      for index in table[position].members.indices where table[position].members[index].rule == slot {
        let member = table[position].members[index]
        let transition = table[position].members[index].machine.step(.unwatched, member.terms, at: moment.steady)
        apply(transition, to: .series(token: table[position].token, rule: slot), value: nil, at: moment)
      }
      table[position].members.removeAll { $0.rule == slot }
    }
    for (id, pair) in pairs where pair.key.rule == slot {
      let transition = pairs[id]?.machine.step(.unwatched, pair.terms, at: moment.steady)
      apply(transition, to: .absence(pair: id), value: nil, at: moment)
      forgetPair(id)
    }
    book.remove(slot: slot)
    generation += 1
    isDirty = true
    return true
  }

  // MARK: Series

  /// The position of the series, made anew or brought up to date with the rules that watch it.
  mutating func watch(_ labels: LabelSet, slots: [Int], at moment: Moment) -> Int {
    let position = table.position(of: labels) ?? table.insert(labels, generation: generation, at: moment.steady)
    table[position].generation = generation
    table[position].members.removeAll { !slots.contains($0.rule) && $0.machine.lifecycle.phase == .inactive }
    table[position].pairs = []
    let metric = labels.metricName
    for slot in slots {
      guard let rule = book[slot] else { continue }
      switch rule.terms {
      case .series(let terms):
        if table[position].members.contains(where: { $0.rule == slot }) { continue }
        let type = options.metricType(metric)
        let isCounter = type.map { $0 == .counter } ?? MetricNaming.isCounter(metric)
        let machine = SeriesMachine(isCounter: isCounter, at: moment.steady)
        table[position].members.append(WatchedSeries.Member(rule: slot, terms: terms, machine: machine))
      case .absence(let terms):
        let key = AbsencePair.Key(rule: slot, agent: labels[AlertIdentity.agentLabel] ?? "", metric: metric)
        if let id = watchPair(key, terms, isNamed: false, at: moment) { table[position].pairs.append(id) }
      }
    }
    return position
  }

  /// - Returns: `false` if the token is none that is still known.
  mutating func observe(_ sample: WatchedSample, takenAt time: Timestamp, at moment: Moment) -> Bool {
    guard let position = table.position(of: sample.token.rawValue) else { return false }
    let isStale = StaleMarker.isStale(sample.value)
    table[position].lastArrival = moment.steady
    table[position].isStale = isStale
    for index in table[position].members.indices {
      step(position, index, .sample(sample.value, takenAt: time), at: moment)
    }
    if !isStale {
      for id in table[position].pairs { step(pair: id, .sample, at: moment) }
    }
    return true
  }

  mutating func step(_ position: Int, _ index: Int, _ event: SeriesMachine.Event, at moment: Moment) {
    let terms = table[position].members[index].terms
    let transition = table[position].members[index].machine.step(event, terms, at: moment.steady)
    let rule = table[position].members[index].rule
    let token = table[position].token
    if let transition {
      let observed = table[position].members[index].machine.observed
      apply(transition, to: .series(token: token, rule: rule), value: observed, at: moment)
    }
    let deadline = table[position].members[index].machine.deadline(terms)
    if let deadline, schedule(deadline, over: table[position].members[index].scheduled) {
      table[position].members[index].scheduled = deadline
      push(deadline, .series(token: token, rule: rule))
    }
  }

  // MARK: Absence

  @discardableResult
  mutating func watchPair(
    _ key: AbsencePair.Key, _ terms: AbsenceTerms, isNamed: Bool, phase: AlertLifecycle.Phase = .inactive,
    at moment: Moment
  ) -> UInt32? {
    if let id = pairIDs[key] { return id }
    guard pairs.count < options.absencePairs else {
      refusedPairs += 1
      return nil
    }
    while pairs[nextPair] != nil { nextPair &+= 1 }
    let id = nextPair
    nextPair &+= 1
    pairs[id] = AbsencePair(
      key: key, terms: terms, machine: AbsenceMachine(isNamed: isNamed, phase: phase, at: moment.steady))
    pairIDs[key] = id
    isDirty = true
    reschedule(pair: id)
    return id
  }

  mutating func forgetPair(_ id: UInt32) {
    guard let pair = pairs.removeValue(forKey: id) else { return }
    pairIDs[pair.key] = nil
    isDirty = true
  }

  mutating func step(pair id: UInt32, _ event: AbsenceMachine.Event, at moment: Moment) {
    guard let terms = pairs[id]?.terms else { return }
    let transition = pairs[id]?.machine.step(event, terms, at: moment.steady)
    apply(transition, to: .absence(pair: id), value: nil, at: moment)
    reschedule(pair: id)
  }

  mutating func reschedule(pair id: UInt32) {
    guard let pair = pairs[id] else { return }
    let deadline = pair.machine.deadline(pair.terms)
    if let deadline, schedule(deadline, over: pair.scheduled) {
      pairs[id]?.scheduled = deadline
      push(deadline, .absence(pair: id))
    }
  }

  // MARK: Time

  /// Steps whatever is due, at most `limit` of it.
  ///
  /// - Returns: whether more may be due.
  mutating func fireDue(limit: Int, at moment: Moment) -> Bool {
    for _ in 0..<limit {
      guard let due = heap.pop(dueAt: moment.steady) else { return false }
      switch due.target {
      case .series(let token, let rule):
        guard let position = table.position(of: token),
          let index = table[position].members.firstIndex(where: { $0.rule == rule }),
          table[position].members[index].scheduled == due.time
        else { continue }
        table[position].members[index].scheduled = nil
        step(position, index, .timePassed, at: moment)
      case .absence(let id):
        guard pairs[id]?.scheduled == due.time else { continue }
        pairs[id]?.scheduled = nil
        step(pair: id, .timePassed, at: moment)
      }
    }
    return true
  }

  /// Forgets series that ended, looking at `limit` of them from `position` on downwards.
  ///
  /// - Returns: where to go on; `nil` at the end.
  mutating func sweep(from position: Int, limit: Int, at moment: Moment) -> Int? {
    var position = min(position, table.count - 1)
    var left = limit
    while position >= 0 {
      if left == 0 { return position }
      left -= 1
      let lifetime = table[position].isStale ? options.staleSeriesLifetime : options.silentSeriesLifetime
      if table[position].lastArrival + lifetime <= moment.steady, table[position].isQuiet {
        table.remove(at: position)
      }
      position -= 1
    }
    for (id, pair) in pairs
    where pair.machine.isDormant && pair.machine.lastSeen + options.silentSeriesLifetime <= moment.steady {
      forgetPair(id)
    }
    return nil
  }
}

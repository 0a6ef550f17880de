public import FleetModel

/// Decides who is told of which alerts, and when, with Alertmanager's meaning (version 0.25). It acts on nothing: it takes alerts,
/// silences and the time, and says what is to be sent and what is to be stored.
///
/// The way of an alert:
/// 1. ``put(_:at:)`` merges it with what is known, and puts it into the group of each route that takes it.
/// 2. Once the group's time has come ``flushDue(at:)`` looks at its alerts: what is inhibited, out of time or silenced is left out,
///    and the log decides for each integration whether there is anything to tell.
/// 3. ``notification(of:externalURL:at:)`` gives what to send once the integration is ready, and ``finished(_:delivered:at:)`` takes
///    note of how it went. After the last send the group is free again; alerts that have ended leave it if all has been told.
///
/// Times are wall-clock times. Where they go back, timers keep what they had left.
public struct NotificationMachine: Sendable {
  public internal(set) var policy: CompiledPolicy
  var integrations: [String: [IntegrationFacts]]
  var alertTable = AlertTable()
  var groupTable = GroupTable()
  var timers = FlushTimers()
  var inhibition: InhibitionIndex
  var silenceTable = SilenceTable()
  var log = NotificationLog()
  var flights: [UInt64: Flight] = [:]
  var lastFlight: UInt64 = 0
  var grouping: [[[UInt8]]?]
  var pending = PendingChanges()
  /// The latest time that was seen.
  var clock: Timestamp
  /// When groups without alerts go next.
  var nextSweep: Timestamp
  /// When what has expired goes next.
  var nextExpiry: Timestamp

  /// How long a group without alerts may wait for the next one (Alertmanager's maintenance of groups).
  static let sweepInterval: Duration = .seconds(30)
  static let expiryInterval: Duration = .seconds(15 * 60)
  /// The shortest time for which sending is tried.
  static let minimumSendingTime: Duration = .seconds(10)

  /// - Parameters:
  ///   - integrations: by receiver, in the order in which ``SendID/integration`` counts them.
  ///   - state: what was stored before; groups that were sending then are due at once.
  public init(
    policy: CompiledPolicy, integrations: [String: [IntegrationFacts]],
    restoring state: NotificationState = NotificationState(), at now: Timestamp
  ) {
    self.policy = policy
    self.integrations = integrations
    inhibition = InhibitionIndex(policy.inhibitRules)
    grouping = Self.grouping(policy)
    clock = now
    nextSweep = now + Self.sweepInterval
    nextExpiry = now + Self.expiryInterval
    restore(state, at: now)
  }

  /// The names that each node groups by; `nil` for all.
  static func grouping(_ policy: CompiledPolicy) -> [[[UInt8]]?] {
    policy.nodes.map { node in
      switch node.match.groupBy {
      case .all: nil
      case .labels(let names): names.map { Array($0.utf8) }
      }
    }
  }

  public var alertCount: Int { alertTable.count }
  public var groupCount: Int { groupTable.count }
  public var logCount: Int { log.count }
  public var silenceCount: Int { silenceTable.count }

  /// When the machine next has something to do by itself, at the latest; `nil` while it has not. O(1).
  public var deadline: Timestamp? {
    var times: [Timestamp] = []
    if let next = timers.next { times.append(next.due) }
    if !groupTable.empty.isEmpty { times.append(nextSweep) }
    if log.count > 0 || silenceTable.count > 0 { times.append(nextExpiry) }
    return times.min()
  }

  /// Sees the time; where it went back, timers keep what they had left, and nothing counts as told later than now.
  mutating func observe(_ now: Timestamp) {
    defer { clock = now }
    if now >= nextSweep, groupTable.empty.isEmpty { nextSweep = Self.next(nextSweep, Self.sweepInterval, after: now) }
    let back = clock - now
    guard back > .seconds(1) else { return }
    timers.removeAll()
    for group in groupTable.live {
      groupTable[group].nextFlush = groupTable[group].nextFlush - back
      markChanged(group: group)
      if groupTable[group].flight == 0 { timers.push(group, due: groupTable[group].nextFlush) }
    }
    log.clampTimes(to: now)
    nextSweep = nextSweep - back
    nextExpiry = nextExpiry - back
  }
}

public import FleetModel

public struct NotificationMachine: Sendable {
  public private(set) var policy: CompiledPolicy

  /// - Parameter integrations: by receiver, in the order in which ``SendID/integration`` counts them.
  public init(
    policy: CompiledPolicy, integrations: [String: [IntegrationFacts]], restoring state: NotificationState = NotificationState(),
    at now: Timestamp
  ) { self.policy = policy }

  public mutating func put(_ alerts: some Sequence<NotifiedAlert>, at now: Timestamp) {}
  public mutating func set(_ silence: Silence, newID: String, at now: Timestamp) throws(SilenceError) -> String { newID }
  public mutating func expire(_ id: String, at now: Timestamp) throws(SilenceError) {}
  public mutating func replace(policy: CompiledPolicy, integrations: [String: [IntegrationFacts]], at now: Timestamp) {}
  /// When the machine next has something to do by itself; `nil` while it has not.
  public var deadline: Timestamp? { nil }
  /// Looks at the groups whose time has come. Groups that are still sending are not among them. Those that have nothing to tell are
  /// done with at once and do not appear.
  public mutating func flushDue(at now: Timestamp) -> [Flush] { [] }
  /// What to send now: the group as it stands. `nil`: there is nothing to tell any more, or the send is not known; it then counts as
  /// finished. May be asked for again before each try: the last one is what ``finished(_:delivered:at:)`` logs.
  public mutating func notification(of send: SendID, externalURL: String, at now: Timestamp) -> GroupNotification? { nil }
  /// Takes note of the end of a send. The entry is among the next ``takeChanges()`` too.
  public mutating func finished(_ send: SendID, delivered: Bool, at now: Timestamp) -> LogRecord? { nil }

  public var alertCount: Int { 0 }
  public var groupCount: Int { 0 }
  public func alerts(at now: Timestamp, where chosen: (NotifiedAlert) -> Bool = { _ in true }) -> [AlertStanding] { [] }
  public func groups(at now: Timestamp, where chosen: (NotifiedAlert) -> Bool = { _ in true }) -> [GroupStanding] { [] }
  public func alert(labels: LabelSet) -> NotifiedAlert? { nil }
  public var silences: [Silence] { [] }
  public func silence(id: String) -> Silence? { nil }
  public mutating func takeChanges() -> StateChanges { StateChanges() }
  /// All that ``takeChanges()`` ever gave and still counts.
  public var state: NotificationState { NotificationState() }
}

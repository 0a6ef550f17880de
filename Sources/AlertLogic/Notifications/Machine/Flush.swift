public import FleetModel

/// Names one notification that an integration is to be told.
public struct SendID: Sendable, Hashable {
  /// Rises with each flush since the machine was made.
  public var flush: UInt64
  /// The integration's place in its receiver.
  public var integration: Int

  public init(flush: UInt64, integration: Int) {
    self.flush = flush
    self.integration = integration
  }
}

/// A group that was due and has something to tell.
public struct Flush: Sendable, Hashable {
  public struct Send: Sendable, Hashable {
    public var id: SendID
    /// ``IntegrationFacts/name``.
    public var integration: String
    public var reason: NotificationDecision.Reason
  }

  public var id: UInt64
  public var group: GroupID
  /// Alertmanager's group key.
  public var groupKey: String
  public var receiver: String
  public var sends: [Send]
  /// Until then sending may be tried again: the group's interval, but ten seconds at least.
  public var until: Timestamp
}

/// What the machine has to know of an integration.
public struct IntegrationFacts: Sendable, Hashable {
  /// ``NotificationIntegration/name``.
  public var name: String
  public var sendResolved: Bool

  public init(name: String, sendResolved: Bool) {
    self.name = name
    self.sendResolved = sendResolved
  }
}

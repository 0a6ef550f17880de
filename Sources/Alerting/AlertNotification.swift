public import FleetModel

/// What a handler gets.
public struct AlertNotification: Sendable, Hashable {
  public enum Kind: String, Sendable { case firing, resolved }

  public var kind: Kind
  public var alert: Alert

  public init(kind: Kind, alert: Alert) {
    self.kind = kind
    self.alert = alert
  }
}

/// One way out of a receiver: an entry of its `webhook_configs`, `slack_configs` and so on, ready to send.
public struct NotificationIntegration: Sendable {
  /// Alertmanager's word for it: `webhook`, `slack`, `pagerduty`, `opsgenie`, `msteams`, `email`; `alertmanager`,
  /// `command`, `log`.
  public var kind: String
  /// Its place among those of its kind in the receiver.
  public var index: Int
  /// Whether the end of alerts is told too.
  public var sendResolved: Bool
  /// For one try.
  public var timeout: Duration
  /// Notifications that leave in one second at most, over any longer time; `nil` without a bound.
  public var rate: Double?
  /// Makes one try. It ends within `timeout` and honours cancellation. Throws `DeliveryFailure` to say how to go on; any other error
  /// is tried again.
  public var send: @Sendable (GroupNotification) async throws -> Void

  public init(
    kind: String, index: Int, sendResolved: Bool, timeout: Duration, rate: Double? = nil,
    send: @escaping @Sendable (GroupNotification) async throws -> Void
  ) {
    self.kind = kind
    self.index = index
    self.sendResolved = sendResolved
    self.timeout = timeout
    self.rate = rate
    self.send = send
  }

  /// Its name within its receiver: `webhook[0]`, as in Alertmanager's log.
  public var name: String { "\(kind)[\(index)]" }
}

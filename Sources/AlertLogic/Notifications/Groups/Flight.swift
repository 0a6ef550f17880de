import FleetModel

/// A flush that is still sending.
struct Flight: Sendable {
  struct Send: Sendable {
    /// Its place in the receiver.
    var integration: Int
    var facts: IntegrationFacts
    /// What was last given out to be sent.
    var told: NotificationLog.Entry?
    var isOpen = true
  }

  /// Its group's number; `nil` once the group is gone or has got another receiver.
  var group: Int32?
  var routeKey: String
  var labels: LabelSet
  var receiver: String
  var repeatInterval: Duration
  /// The alerts that had ended when it began, as they were then: they leave the group when all have been told.
  var resolved: [(alert: Int32, revision: UInt32)]
  /// The fingerprints of those that fired when it began: each of its tries tells them so, for one that came too early may have.
  var firing: Set<UInt64> = []
  var sends: [Send]
  var hasFailed = false

  var isDone: Bool { !sends.contains(where: \.isOpen) }

  func key(_ send: Send) -> LogKey {
    LogKey(routeKey: routeKey, groupLabels: labels, receiver: receiver, integration: send.facts.name)
  }
}

public import AlertLogic
public import FleetModel
public import Logging
public import Platform

/// Makes receivers able to send: the texts of a notification, and the ways by which they leave.
///
/// Receivers may be on loopback and private addresses: the operator configures them, and nobody else.
public struct ReceiverFactory: Sendable {
  private let connections: ReceiverConnections
  private let time: any TimeSource
  private let logger: Logger

  /// - Parameters:
  ///   - connections: outlives every integration made here.
  ///   - logger: gets what receivers of the kind `log` are told, and what went wrong without stopping a notification.
  public init(connections: ReceiverConnections, time: any TimeSource, logger: Logger) {
    self.connections = connections
    self.time = time
    self.logger = logger
  }

  /// All ways out of `receiver`, in the order of its keys. Nothing is read or connected yet: files of secrets and of
  /// certificates are read for each notification, so that they may change meanwhile.
  ///
  /// - Throws: ``ReceiverError`` naming what could never work, such as a URL that is none.
  public func integrations(of receiver: Receiver) throws(ReceiverError) -> [NotificationIntegration] {
    var integrations: [NotificationIntegration] = []
    let writer = LogWriter(logger: logger)
    for (index, log) in receiver.logs.enumerated() {
      integrations.append(
        NotificationIntegration(
          kind: "log", index: index, sendResolved: log.sendResolved, timeout: .seconds(10), rate: log.rateLimit
        ) { writer.write($0) })
    }
    guard integrations.count == receiver.integrationCount else {
      throw ReceiverError(receiver: receiver.name, problem: "only log_configs are served so far")
    }
    return integrations
  }
}

extension Receiver {
  /// How many ways out it has.
  var integrationCount: Int {
    webhooks.count + slacks.count + pagerDuties.count + opsgenies.count + msTeams.count + msTeamsV2.count
      + emails.count + alertmanagers.count + commands.count + logs.count
  }
}

import AlertLogic
import Alerting
import FleetModel
import Logging
import Platform
import Receivers
import Synchronization
import SystemPackage

/// The path of an alert: rules or API → routes and groups → the receivers.
final class NotificationPath: Sendable {
  let service: NotificationService
  private let connections = ReceiverConnections()
  private let factory: ReceiverFactory
  private let externalURL: Mutex<String>

  /// Puts the parts together, opens the state and starts nothing. Blocks for as long as opening takes.
  ///
  /// - Throws: what of the policy or of a receiver cannot work, or what is wrong with the state's file.
  init(
    _ policy: NotificationPolicy, rules: RuleEngine, externalURL: String, stateDirectory: FilePath, logger: Logger
  ) throws {
    factory = ReceiverFactory(connections: connections, time: SystemTime(), logger: logger)
    self.externalURL = Mutex(externalURL)
    let setup = try Self.setup(policy, factory, externalURL: externalURL)
    service = try NotificationService(
      setup, state: stateDirectory.appending(DataDirectory.notifications), time: SystemTime(), logger: logger)
    service.follow(rules)
    // Whoever reads the log sees what fired, unless the policy says where that is to be logged.
    let log = LogReceiver(logger: logger)
    rules.addHandler(named: "log") { [service] notification in
      if service.policy.receivers.allSatisfy(\.logs.isEmpty) { try await log.deliver(notification) }
    }
  }

  /// Goes over to another policy.
  ///
  /// - Throws: what of it cannot work; then nothing has changed.
  func apply(_ policy: NotificationPolicy) async throws {
    try await service.replace(with: Self.setup(policy, factory, externalURL: externalURL.withLock { $0 }))
  }

  /// Says where people find this Skep, once that is known.
  func listens(on address: ListenAddress, isEncrypted: Bool) {
    let url = Self.url(of: address, isEncrypted: isEncrypted)
    externalURL.withLock { $0 = url }
    service.setExternalURL(url)
  }

  /// Closes the receivers' connections. After the service has ended.
  func shutDown() async { await connections.shutdown() }

  private static func setup(
    _ policy: NotificationPolicy, _ factory: ReceiverFactory, externalURL: String
  ) throws(ReceiverError) -> NotificationSetup {
    var integrations: [String: [NotificationIntegration]] = [:]
    for receiver in policy.receivers { integrations[receiver.name] = try factory.integrations(of: receiver) }
    return NotificationSetup(policy: policy, integrations: integrations, externalURL: externalURL)
  }

  /// The address as others may reach it: one that stands for all of this machine's becomes its name.
  static func url(of address: ListenAddress, isEncrypted: Bool) -> String {
    let isAny = ["0.0.0.0", "::", "*", ""].contains(address.host)
    let host = isAny ? ListenAddress(host: HostName.own ?? "localhost", port: address.port) : address
    return "\(isEncrypted ? "https" : "http")://\(host)"
  }
}

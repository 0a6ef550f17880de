import AlertLogic
import Alerting
import FleetModel
import Logging
import Platform
import Receivers
import ServiceLifecycle
import Synchronization
import SystemPackage

/// The path of an alert: rules or API → routes and groups → the receivers.
final class NotificationPath: Sendable {
  let service: NotificationService
  /// Sends, and follows the files that say to whom and in which words.
  let services: [any Service]
  private let follower: NotificationFileFollower
  private let ways: ReceiverWays

  /// Puts the parts together, opens the state and starts nothing. Blocks for as long as reading and opening takes.
  ///
  /// - Throws: the first mistake of the files, or what is wrong with the state's file.
  init(
    _ files: NotificationFiles, rules: RuleEngine, externalURL: String, stateDirectory: FilePath, logger: Logger
  ) throws {
    let reading = files.read()
    if let problem = reading.diagnostics.first(where: { $0.level == .error }) { throw problem }
    let ways = ReceiverWays(externalURL: externalURL, logger: logger)
    self.ways = ways
    let service = try NotificationService(
      try ways.setup(reading), state: stateDirectory.appending(DataDirectory.notifications), time: SystemTime(),
      logger: logger)
    self.service = service
    follower = NotificationFileFollower(files, after: reading, time: SystemTime(), logger: logger) { reading in
      try await service.replace(with: ways.setup(reading))
    }
    services = [service, follower]
    service.follow(rules)
    // Whoever reads the log sees what fired, unless the policy says where that is to be logged.
    let log = LogReceiver(logger: logger)
    rules.addHandler(named: "log") { notification in
      if service.policy.receivers.allSatisfy(\.logs.isEmpty) { try await log.deliver(notification) }
    }
  }

  /// Goes over to other files, and follows them from now on.
  ///
  /// - Throws: what of them cannot work; then nothing has changed.
  func apply(_ files: NotificationFiles, _ reading: NotificationFiles.Reading) async throws {
    try await service.replace(with: ways.setup(reading))
    await BlockingWork.files.run { [follower] in follower.follow(files, after: reading) }
  }

  /// Says where people find this Skep, once that is known.
  func listens(at url: String) {
    ways.setExternalURL(url)
    service.setExternalURL(url)
  }

  /// Closes the receivers' connections. After the service has ended.
  func shutDown() async { await ways.shutDown() }
}

/// Makes ready to send what a policy says.
private final class ReceiverWays: Sendable {
  private let connections = ReceiverConnections()
  private let externalURL: Mutex<String>
  private let logger: Logger

  init(externalURL: String, logger: Logger) {
    self.externalURL = Mutex(externalURL)
    self.logger = logger
  }

  func setExternalURL(_ url: String) { externalURL.withLock { $0 = url } }

  func setup(_ reading: NotificationFiles.Reading) throws -> NotificationSetup {
    guard let policy = reading.policy, let texts = reading.texts else { throw NoPolicy() }
    let factory = ReceiverFactory(
      texts: texts, connections: connections, time: SystemTime(), random: SystemRandom(), logger: logger)
    var integrations: [String: [NotificationIntegration]] = [:]
    for receiver in policy.receivers { integrations[receiver.name] = try factory.integrations(of: receiver) }
    return NotificationSetup(policy: policy, integrations: integrations, externalURL: externalURL.withLock { $0 })
  }

  func shutDown() async { await connections.shutdown() }

  private struct NoPolicy: Error, CustomStringConvertible {
    let description = "the files of notifications have mistakes"
  }
}

extension ListenAddress {
  /// As others may reach it: an address that stands for all of this machine's becomes its name.
  func url(isEncrypted: Bool) -> String {
    let isAny = ["0.0.0.0", "::", "*", ""].contains(host)
    let shown = isAny ? ListenAddress(host: HostName.own ?? "localhost", port: port) : self
    return "\(isEncrypted ? "https" : "http")://\(shown)"
  }
}

import Alerting
import DeployPlan
import FleetModel
import FoundationEssentials
import Logging
import Platform
import Receivers
import SystemPackage

/// The receivers of a system file, each a handler of its own: one that fails or hangs stops no other.
struct ReceiverSet {
  private let receivers: [Receiver]

  init(_ receivers: [Receiver]) { self.receivers = receivers }

  /// - Throws: ``ReceiverError`` naming a receiver whose secrets cannot be read.
  func connect(to rules: RuleEngine, http: any HTTPExchanger, logger: Logger) throws(ReceiverError) {
    // Whoever reads the log sees what fired, unless the file says where that is to be logged.
    if receivers.allSatisfy(\.logs.isEmpty) { addLog(named: "log", sendResolved: true, to: rules, logger) }
    for receiver in receivers {
      for (index, log) in receiver.logs.enumerated() {
        addLog(named: "\(receiver.name)/log/\(index)", sendResolved: log.sendResolved, to: rules, logger)
      }
      for (index, webhook) in receiver.webhooks.enumerated() {
        let delivery = WebhookReceiver(
          try configuration(of: webhook, receiver: receiver.name), http: http, time: SystemTime())
        rules.addHandler(named: "\(receiver.name)/webhook/\(index)") { try await delivery.deliver($0) }
      }
    }
  }

  private func addLog(named name: String, sendResolved: Bool, to rules: RuleEngine, _ logger: Logger) {
    let log = LogReceiver(logger: logger)
    rules.addHandler(named: name) { notification in
      if notification.kind == .firing || sendResolved { try await log.deliver(notification) }
    }
  }

  private func configuration(
    of webhook: Receiver.Webhook, receiver: String
  ) throws(ReceiverError) -> WebhookReceiver.Configuration {
    let url = try secret(webhook.url, file: webhook.urlFile, receiver: receiver) ?? ""
    var configuration = WebhookReceiver.Configuration(name: receiver, url: url)
    configuration.sendResolved = webhook.sendResolved
    configuration.timeout = webhook.timeout
    let http = webhook.http ?? HTTPClientOptions()
    configuration.bearerTokenFile = http.bearerTokenFile.map { FilePath($0) }
    if let token = http.bearerToken {
      configuration.headers.append(HTTPField("Authorization", "Bearer \(token.reveal())"))
    }
    if let other = http.authorization,
      let credentials = try secret(other.credentials, file: other.credentialsFile, receiver: receiver)
    {
      configuration.headers.append(HTTPField("Authorization", "\(other.type) \(credentials)"))
    }
    if let basic = http.basicAuth {
      let password = try secret(basic.password, file: basic.passwordFile, receiver: receiver) ?? ""
      let pair = Data("\(basic.username):\(password)".utf8).base64EncodedString()
      configuration.headers.append(HTTPField("Authorization", "Basic \(pair)"))
    }
    return configuration
  }

  /// What stands in the file or in the one that it names; blocks for as long as reading takes.
  private func secret(_ text: SecretText?, file: String?, receiver: String) throws(ReceiverError) -> String? {
    if let text { return text.reveal() }
    guard let file else { return nil }
    let bytes: [UInt8]?
    do throws(FileError) { bytes = try StateFile(FilePath(file)).read() } catch {
      throw ReceiverError(receiver: receiver, problem: "\(error)")
    }
    guard let bytes else { throw ReceiverError(receiver: receiver, problem: "\(file) does not exist") }
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
  }
}

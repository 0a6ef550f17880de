public import AlertLogic
public import FleetModel
public import Logging
import NIOHTTP1
public import Platform

/// Makes receivers able to send: a notification's message is written, which no I/O does, and carried by a transport.
///
/// Receivers may be on loopback and private addresses: the operator configures them, and nobody else.
public struct ReceiverFactory: Sendable {
  private let texts: NotificationTexts
  private let connections: ReceiverConnections
  private let time: any TimeSource
  private let random: any RandomSource
  private let logger: Logger

  /// - Parameters:
  ///   - connections: outlives every integration made here.
  ///   - logger: gets what receivers of the kind `log` are told, and what went wrong without stopping a notification.
  public init(
    texts: NotificationTexts, connections: ReceiverConnections, time: any TimeSource, random: any RandomSource,
    logger: Logger
  ) {
    self.texts = texts
    self.connections = connections
    self.time = time
    self.random = random
    self.logger = logger
  }

  /// All ways out of `receiver`. Nothing is read or connected yet: files of secrets and of certificates are read for each
  /// try, so that they may change meanwhile.
  ///
  /// - Throws: ``ReceiverError`` naming what could never work, such as a URL that is none, or a text that is no template.
  public func integrations(of receiver: Receiver) throws(ReceiverError) -> [NotificationIntegration] {
    var list: [NotificationIntegration] = []
    let name = receiver.name
    for (index, webhook) in receiver.webhooks.enumerated() { list.append(try integration(webhook, index, name)) }
    for (index, slack) in receiver.slacks.enumerated() { list.append(try integration(slack, index, name)) }
    for (index, pagerDuty) in receiver.pagerDuties.enumerated() { list.append(try integration(pagerDuty, index, name)) }
    for (index, opsgenie) in receiver.opsgenies.enumerated() { list.append(try integration(opsgenie, index, name)) }
    for (index, teams) in receiver.msTeams.enumerated() { list.append(try integration(teams, index, name)) }
    for (index, teams) in receiver.msTeamsV2.enumerated() { list.append(try integration(teams, index, name)) }
    for (index, email) in receiver.emails.enumerated() { list.append(try integration(email, index, name)) }
    for (index, other) in receiver.alertmanagers.enumerated() { list.append(try integration(other, index, name)) }
    for (index, command) in receiver.commands.enumerated() { list.append(try integration(command, index, name)) }
    for (index, log) in receiver.logs.enumerated() { list.append(integration(log, index)) }
    return list
  }

  private func integration(
    _ webhook: Receiver.Webhook, _ index: Int, _ receiver: String
  ) throws(ReceiverError) -> NotificationIntegration {
    let url = try address(webhook.url, file: webhook.urlFile, "url", "webhook_configs[\(index)]", receiver)
    let http = try transport(webhook.http, "webhook_configs[\(index)]", receiver)
    return NotificationIntegration(
      kind: "webhook", index: index, sendResolved: webhook.sendResolved, timeout: webhook.timeout,
      rate: webhook.rateLimit
    ) { notification in
      try await http.send(within: webhook.timeout, verdict: .plain) {
        let body = WebhookMessage.body(of: notification, maximum: webhook.maxAlerts)
        return [HTTPMessage(url: try await url.read(by: http.calls), body: body)]
      }
    }
  }

  private func integration(
    _ slack: Receiver.Slack, _ index: Int, _ receiver: String
  ) throws(ReceiverError) -> NotificationIntegration {
    let url = try address(slack.apiURL, file: slack.apiURLFile, "api_url", "slack_configs[\(index)]", receiver)
    let http = try transport(slack.http, "slack_configs[\(index)]", receiver)
    let message = try SlackMessage(slack, of: receiver, texts, logger: logger)
    return NotificationIntegration(
      kind: "slack", index: index, sendResolved: slack.sendResolved, timeout: slack.timeout, rate: slack.rateLimit
    ) { notification in
      try await http.send(within: slack.timeout, verdict: .slack) {
        [HTTPMessage(url: try await url.read(by: http.calls), body: try message.body(of: notification))]
      }
    }
  }

  private func integration(
    _ pagerDuty: Receiver.PagerDuty, _ index: Int, _ receiver: String
  ) throws(ReceiverError) -> NotificationIntegration {
    let place = "pagerduty_configs[\(index)]"
    let message = try PagerDutyMessage(pagerDuty, of: receiver, texts, logger: logger)
    let key =
      SecretSource(pagerDuty.serviceKey, file: pagerDuty.serviceKeyFile)
      ?? SecretSource(pagerDuty.routingKey, file: pagerDuty.routingKeyFile)
    guard let key else { throw problem("routing_key or service_key is missing", place, receiver) }
    try MessageTexts.check(
      secret: pagerDuty.serviceKey, named: "service_key", at: place, of: receiver, texts)
    try MessageTexts.check(
      secret: pagerDuty.routingKey, named: "routing_key", at: place, of: receiver, texts)
    try checkURL(message.url, "url", place, receiver)
    let http = try transport(pagerDuty.http, place, receiver)
    return NotificationIntegration(
      kind: "pagerduty", index: index, sendResolved: pagerDuty.sendResolved, timeout: pagerDuty.timeout,
      rate: pagerDuty.rateLimit
    ) { notification in
      try await http.send(within: pagerDuty.timeout, verdict: .pagerDuty) {
        let key = try await key.read(by: http.calls)
        let body = try message.body(of: notification, key: key)
        return [HTTPMessage(url: message.url, body: body, secrets: [key])]
      }
    }
  }

  private func integration(
    _ opsgenie: Receiver.Opsgenie, _ index: Int, _ receiver: String
  ) throws(ReceiverError) -> NotificationIntegration {
    let place = "opsgenie_configs[\(index)]"
    guard let key = SecretSource(opsgenie.apiKey, file: opsgenie.apiKeyFile) else {
      throw problem("api_key is missing", place, receiver)
    }
    try MessageTexts.check(secret: opsgenie.apiKey, named: "api_key", at: place, of: receiver, texts)
    let url = opsgenie.apiURL ?? Receiver.Opsgenie.defaultURL
    try checkURL(url, "api_url", place, receiver)
    let base = url.hasSuffix("/") ? url : url + "/"
    let message = try OpsgenieMessage(opsgenie, of: receiver, texts, logger: logger)
    let http = try transport(opsgenie.http, place, receiver)
    return NotificationIntegration(
      kind: "opsgenie", index: index, sendResolved: opsgenie.sendResolved, timeout: opsgenie.timeout,
      rate: opsgenie.rateLimit
    ) { notification in
      try await http.send(within: opsgenie.timeout, verdict: .plain) {
        let written = try await key.read(by: http.calls)
        let key = try MessageTexts.secret(written, named: "api_key", texts, NotificationTemplateData(notification))
        return try message.requests(for: notification).map { request in
          HTTPMessage(
            method: request.method == "PUT" ? .PUT : .POST, url: base + request.path,
            authorization: "GenieKey \(key)", body: request.body, secrets: [key, written])
        }
      }
    }
  }

  private func integration(
    _ teams: Receiver.MSTeams, _ index: Int, _ receiver: String
  ) throws(ReceiverError) -> NotificationIntegration {
    let place = "msteams_configs[\(index)]"
    let url = try address(teams.webhookURL, file: teams.webhookURLFile, "webhook_url", place, receiver)
    let http = try transport(teams.http, place, receiver)
    let message = try TeamsMessage(teams, of: receiver, texts, logger: logger)
    return NotificationIntegration(
      kind: "msteams", index: index, sendResolved: teams.sendResolved, timeout: teams.timeout, rate: teams.rateLimit
    ) { notification in
      try await http.send(within: teams.timeout, verdict: .msTeams) {
        [HTTPMessage(url: try await url.read(by: http.calls), body: try message.body(of: notification))]
      }
    }
  }

  private func integration(
    _ teams: Receiver.MSTeamsV2, _ index: Int, _ receiver: String
  ) throws(ReceiverError) -> NotificationIntegration {
    let place = "msteamsv2_configs[\(index)]"
    let url = try address(teams.webhookURL, file: teams.webhookURLFile, "webhook_url", place, receiver)
    let http = try transport(teams.http, place, receiver)
    let message = try TeamsMessage(teams, of: receiver, texts, logger: logger)
    return NotificationIntegration(
      kind: "msteamsv2", index: index, sendResolved: teams.sendResolved, timeout: teams.timeout, rate: teams.rateLimit
    ) { notification in
      try await http.send(within: teams.timeout, verdict: .msTeams) {
        [HTTPMessage(url: try await url.read(by: http.calls), body: try message.body(of: notification))]
      }
    }
  }

  private func integration(
    _ other: Receiver.Alertmanager, _ index: Int, _ receiver: String
  ) throws(ReceiverError) -> NotificationIntegration {
    let place = "alertmanager_configs[\(index)]"
    try checkURL(other.url, "url", place, receiver)
    let url = (other.url.hasSuffix("/") ? other.url : other.url + "/") + "api/v2/alerts"
    let http = try transport(other.http, place, receiver)
    return NotificationIntegration(
      kind: "alertmanager", index: index, sendResolved: other.sendResolved, timeout: other.timeout,
      rate: other.rateLimit
    ) { notification in
      try await http.send(within: other.timeout, verdict: .plain) {
        [HTTPMessage(url: url, body: AlertmanagerMessage.body(of: notification))]
      }
    }
  }

  private func integration(
    _ email: Receiver.Email, _ index: Int, _ receiver: String
  ) throws(ReceiverError) -> NotificationIntegration {
    let message = try EmailMessage(email, of: receiver, texts, logger: logger)
    let mail = try MailTransport(
      email, at: "email_configs[\(index)]", of: receiver, connections: connections, time: time, logger: logger)
    // The same for each try, so that a mail that arrives twice has one id.
    let nonce = random.next()
    return NotificationIntegration(
      kind: "email", index: index, sendResolved: email.sendResolved, timeout: email.timeout, rate: email.rateLimit
    ) { try await mail.send(try message.envelope(of: $0, nonce: nonce), within: email.timeout) }
  }

  private func integration(
    _ command: Receiver.Command, _ index: Int, _ receiver: String
  ) throws(ReceiverError) -> NotificationIntegration {
    let transport = try CommandTransport(
      command.command, at: "command_configs[\(index)]", of: receiver, time: time)
    return NotificationIntegration(
      kind: "command", index: index, sendResolved: command.sendResolved, timeout: command.timeout,
      rate: command.rateLimit
    ) { try await transport.send(WebhookMessage.body(of: $0), within: command.timeout) }
  }

  private func integration(_ log: Receiver.Log, _ index: Int) -> NotificationIntegration {
    let writer = LogWriter(logger: logger)
    return NotificationIntegration(
      kind: "log", index: index, sendResolved: log.sendResolved, timeout: .seconds(10), rate: log.rateLimit
    ) { writer.write($0) }
  }

  private func transport(
    _ options: HTTPClientOptions?, _ place: String, _ receiver: String
  ) throws(ReceiverError) -> HTTPTransport {
    try HTTPTransport(
      options ?? HTTPClientOptions(), at: place, of: receiver, connections: connections, time: time)
  }

  /// A URL that stands in the configuration or in a file; it may hold a secret, and is not shown.
  private func address(
    _ url: SecretText?, file: String?, _ key: String, _ place: String, _ receiver: String
  ) throws(ReceiverError) -> SecretSource {
    guard let source = SecretSource(url, file: file) else { throw problem("\(key) is missing", place, receiver) }
    if let url { try checkURL(url.reveal(), key, place, receiver) }
    return source
  }

  private func checkURL(_ url: String, _ key: String, _ place: String, _ receiver: String) throws(ReceiverError) {
    if HTTPTarget(url) == nil {
      throw problem("\(key) is not an absolute http or https URL; write https://HOST/PATH", place, receiver)
    }
  }

  private func problem(_ text: String, _ place: String, _ receiver: String) -> ReceiverError {
    ReceiverError(receiver: receiver, problem: "\(place): \(text)")
  }
}

public import FleetModel

/// What counts for all receivers that do not say otherwise
/// (`global`, <https://prometheus.io/docs/alerting/latest/configuration/#file-layout-and-global-settings>).
public struct NotificationGlobals: Sendable, Hashable {
  /// After this long an alert that was posted without an end counts as resolved, unless it is posted again.
  public var resolveTimeout: Duration = .seconds(300)
  public var http: HTTPClientOptions?
  public var smtp = SMTP()
  public var slackAPIURL: SecretText?
  public var slackAPIURLFile: String?
  public var pagerDutyURL: String?
  public var opsgenieAPIURL: String?
  public var opsgenieAPIKey: SecretText?
  public var opsgenieAPIKeyFile: String?

  public init() {}

  public struct SMTP: Sendable, Hashable {
    public var from: String?
    public var smarthost: String?
    public var hello: String?
    public var authUsername: String?
    public var authPassword: SecretText?
    public var authPasswordFile: String?
    public var authSecret: SecretText?
    public var authIdentity: String?
    public var requireTLS: Bool?
    public var tls: TLSClientOptions?

    public init() {}
  }

  /// `receivers` with what they leave to these, as Alertmanager fills it in when it reads a file. O(integrations).
  public func filled(into receivers: [Receiver]) -> [Receiver] { receivers.map(filled) }

  private func filled(into receiver: Receiver) -> Receiver {
    var receiver = receiver
    for index in receiver.webhooks.indices { receiver.webhooks[index].http.fill(http) }
    for index in receiver.alertmanagers.indices { receiver.alertmanagers[index].http.fill(http) }
    for index in receiver.msTeams.indices { receiver.msTeams[index].http.fill(http) }
    for index in receiver.msTeamsV2.indices { receiver.msTeamsV2[index].http.fill(http) }
    for index in receiver.slacks.indices { fill(&receiver.slacks[index]) }
    for index in receiver.pagerDuties.indices {
      receiver.pagerDuties[index].http.fill(http)
      receiver.pagerDuties[index].url.fill(pagerDutyURL)
    }
    for index in receiver.opsgenies.indices { fill(&receiver.opsgenies[index]) }
    for index in receiver.emails.indices { fill(&receiver.emails[index]) }
    return receiver
  }

  private func fill(_ slack: inout Receiver.Slack) {
    slack.http.fill(http)
    guard slack.apiURL == nil, slack.apiURLFile == nil else { return }
    slack.apiURL = slackAPIURL
    slack.apiURLFile = slackAPIURLFile
  }

  private func fill(_ opsgenie: inout Receiver.Opsgenie) {
    opsgenie.http.fill(http)
    opsgenie.apiURL.fill(opsgenieAPIURL)
    guard opsgenie.apiKey == nil, opsgenie.apiKeyFile == nil else { return }
    opsgenie.apiKey = opsgenieAPIKey
    opsgenie.apiKeyFile = opsgenieAPIKeyFile
  }

  private func fill(_ email: inout Receiver.Email) {
    email.smarthost.fill(smtp.smarthost)
    email.from.fill(smtp.from)
    email.hello.fill(smtp.hello)
    email.authUsername.fill(smtp.authUsername)
    email.authSecret.fill(smtp.authSecret)
    email.authIdentity.fill(smtp.authIdentity)
    email.requireTLS.fill(smtp.requireTLS)
    email.tls.fill(smtp.tls)
    guard email.authPassword == nil, email.authPasswordFile == nil else { return }
    email.authPassword = smtp.authPassword
    email.authPasswordFile = smtp.authPasswordFile
  }
}

extension Optional {
  fileprivate mutating func fill(_ other: Wrapped?) {
    if self == nil { self = other }
  }
}

/// Where notifications go (one entry of `receivers`): a name and any number of integrations, with Alertmanager's keys
/// where it has them (<https://prometheus.io/docs/alerting/latest/configuration/#receiver>).
public struct Receiver: Sendable, Hashable {
  public var name = ""
  public var webhooks: [Webhook] = []
  public var slacks: [Slack] = []
  public var pagerDuties: [PagerDuty] = []
  public var opsgenies: [Opsgenie] = []
  public var msTeams: [MSTeams] = []
  public var emails: [Email] = []
  public var alertmanagers: [Alertmanager] = []
  public var commands: [Command] = []
  public var logs: [Log] = []

  public init() {}

  public struct Webhook: Sendable, Hashable {
    public var sendResolved = true
    public var url: SecretText?
    public var urlFile: String?
    /// 0 sends all.
    public var maxAlerts = 0
    public var timeout: Duration = .seconds(10)
    public var http = HTTPClientOptions()

    public init() {}
  }

  public struct Slack: Sendable, Hashable {
    public var sendResolved = false
    public var apiURL: SecretText?
    public var apiURLFile: String?
    public var channel: String?
    public var username: String?
    public var title: String?
    public var text: String?
    public var color: String?
    public var iconEmoji: String?
    public var iconURL: String?
    public var timeout: Duration = .seconds(10)
    public var http = HTTPClientOptions()

    public init() {}
  }

  public struct PagerDuty: Sendable, Hashable {
    public var sendResolved = true
    public var routingKey: SecretText?
    public var routingKeyFile: String?
    public var url = "https://events.pagerduty.com/v2/enqueue"
    public var client: String?
    public var clientURL: String?
    public var description: String?
    public var severity: String?
    public var `class`: String?
    public var component: String?
    public var group: String?
    public var details: [String: String] = [:]
    public var timeout: Duration = .seconds(10)
    public var http = HTTPClientOptions()

    public init() {}
  }

  public struct Opsgenie: Sendable, Hashable {
    public var sendResolved = true
    public var apiKey: SecretText?
    public var apiKeyFile: String?
    public var apiURL = "https://api.opsgenie.com/"
    public var message: String?
    public var description: String?
    public var source: String?
    public var tags: String?
    public var priority: String?
    public var timeout: Duration = .seconds(10)
    public var http = HTTPClientOptions()

    public init() {}
  }

  public struct MSTeams: Sendable, Hashable {
    public var sendResolved = true
    public var webhookURL: SecretText?
    public var webhookURLFile: String?
    public var title: String?
    public var summary: String?
    public var text: String?
    public var timeout: Duration = .seconds(10)
    public var http = HTTPClientOptions()

    public init() {}
  }

  public struct Email: Sendable, Hashable {
    public var sendResolved = false
    /// Addresses, separated by commas.
    public var to = ""
    public var from: String?
    /// `HOST:PORT`
    public var smarthost = "localhost:25"
    /// The name that is said to the server.
    public var hello = "localhost"
    public var authUsername: String?
    public var authPassword: SecretText?
    public var authPasswordFile: String?
    public var requireTLS = true
    public var headers: [String: String] = [:]
    public var text: String?
    public var html: String?
    public var timeout: Duration = .seconds(10)
    public var tls = TLSClientOptions()

    public init() {}
  }

  /// Another Alertmanager (API v2).
  public struct Alertmanager: Sendable, Hashable {
    public var sendResolved = true
    public var url = ""
    public var timeout: Duration = .seconds(10)
    public var http = HTTPClientOptions()

    public init() {}
  }

  /// A program that gets the notification as JSON on its standard input.
  public struct Command: Sendable, Hashable {
    public var sendResolved = true
    public var command: [String] = []
    public var timeout: Duration = .seconds(10)

    public init() {}
  }

  /// Skep's own log.
  public struct Log: Sendable, Hashable {
    public var sendResolved = true

    public init() {}
  }
}

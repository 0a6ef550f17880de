/// Where notifications go (one entry of `receivers`): a name and any number of integrations, with Alertmanager's keys
/// where it has them (<https://prometheus.io/docs/alerting/latest/configuration/#receiver>).
///
/// What is `nil` was not said: the `global` section may fill it in, else its default counts. Texts are Go templates, and
/// `nil` means the default template; an empty text stays empty.
public struct Receiver: Sendable, Hashable {
  public var name = ""
  public var webhooks: [Webhook] = []
  public var slacks: [Slack] = []
  public var pagerDuties: [PagerDuty] = []
  public var opsgenies: [Opsgenie] = []
  public var msTeams: [MSTeams] = []
  public var msTeamsV2: [MSTeamsV2] = []
  public var emails: [Email] = []
  public var alertmanagers: [Alertmanager] = []
  public var commands: [Command] = []
  public var logs: [Log] = []

  public init() {}

  /// Alertmanager's JSON, version 4, by HTTP POST.
  public struct Webhook: Sendable, Hashable {
    public var sendResolved = true
    public var url: SecretText?
    public var urlFile: String?
    /// 0 sends all.
    public var maxAlerts = 0
    public var timeout: Duration = .seconds(10)
    /// Messages per second at most.
    public var rateLimit: Double?
    public var http: HTTPClientOptions?

    public init() {}
  }

  /// Another Alertmanager (API v2).
  public struct Alertmanager: Sendable, Hashable {
    public var sendResolved = true
    public var url = ""
    public var timeout: Duration = .seconds(10)
    /// Messages per second at most.
    public var rateLimit: Double?
    public var http: HTTPClientOptions?

    public init() {}
  }

  /// A program that gets the notification as JSON on its standard input.
  public struct Command: Sendable, Hashable {
    public var sendResolved = true
    public var command: [String] = []
    public var timeout: Duration = .seconds(10)
    /// Starts per second at most.
    public var rateLimit: Double?

    public init() {}
  }

  /// Skep's own log.
  public struct Log: Sendable, Hashable {
    public var sendResolved = true
    /// Messages per second at most.
    public var rateLimit: Double?

    public init() {}
  }
}

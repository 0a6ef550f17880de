import FleetModel

/// The keys of a receiver and of its simpler integrations.
enum ReceiverDeclaration {
  static var shape: Shape<Receiver> {
    typealias F = Field<Receiver>
    return .object(
      Receiver(),
      [
        F("name", \.name, Shapes.text(), required: true, "name of the receiver, unique"),
        F("webhook_configs", \.webhooks, Shapes.list(webhook), "HTTP POST of Alertmanager's JSON"),
        F("slack_configs", \.slacks, Shapes.list(ChatDeclaration.slack), "Slack"),
        F("pagerduty_configs", \.pagerDuties, Shapes.list(IncidentDeclaration.pagerDuty), "PagerDuty"),
        F("opsgenie_configs", \.opsgenies, Shapes.list(IncidentDeclaration.opsgenie), "Opsgenie"),
        F("msteams_configs", \.msTeams, Shapes.list(ChatDeclaration.msTeams), "Microsoft Teams, incoming webhook"),
        F("msteamsv2_configs", \.msTeamsV2, Shapes.list(ChatDeclaration.msTeamsV2), "Microsoft Teams, workflow"),
        F("email_configs", \.emails, Shapes.list(EmailDeclaration.shape), "e-mail by SMTP"),
        F("alertmanager_configs", \.alertmanagers, Shapes.list(alertmanager), "another Alertmanager, API v2"),
        F("command_configs", \.commands, Shapes.list(command), "a program that gets the JSON on standard input"),
        F("log_configs", \.logs, Shapes.list(log), "Skep's own log"),
      ],
      refused: refusedKinds)
  }

  /// Kinds that Alertmanager has and Skep does not.
  private static let refusedKinds: [String: Flaw] = {
    let names = [
      "discord": "Discord", "incidentio": "incident.io", "jira": "Jira", "mattermost": "Mattermost",
      "pushover": "Pushover", "rocketchat": "Rocket.Chat", "sns": "Amazon SNS", "telegram": "Telegram",
      "victorops": "VictorOps", "webex": "Webex", "wechat": "WeChat",
    ]
    return Dictionary(
      uniqueKeysWithValues: names.map { key, name in
        (
          "\(key)_configs",
          Flaw("is not supported", mend: "reach \(name) by webhook_configs and a bridge, or by command_configs")
        )
      })
  }()

  /// Keys that all integrations share.
  static func paced<Root>(
    _ timeout: WritableKeyPath<Root, Duration>, _ rate: WritableKeyPath<Root, Double?>
  ) -> [Field<Root>] {
    [Field("timeout", timeout, Shapes.positiveDuration, "when one try is given up"), rateLimit(rate)]
  }

  static func rateLimit<Root>(_ rate: WritableKeyPath<Root, Double?>) -> Field<Root> {
    Field(
      "rate_limit", optional: rate, Shapes.number(0.001...10_000),
      "messages per second at most; unbounded if not given")
  }

  /// Keys that all integrations over HTTP share.
  static func overHTTP<Root>(
    _ timeout: WritableKeyPath<Root, Duration>, _ rate: WritableKeyPath<Root, Double?>,
    _ http: WritableKeyPath<Root, HTTPClientOptions?>
  ) -> [Field<Root>] {
    paced(timeout, rate) + [
      Field("http_config", optional: http, HTTPDeclaration.optionsReference(), "how the request proves who it is")
    ]
  }

  static func sendResolved<Root>(_ target: WritableKeyPath<Root, Bool>) -> Field<Root> {
    Field("send_resolved", target, Shapes.boolean, "whether the end of an alert is told too")
  }

  private static var webhook: Shape<Receiver.Webhook> {
    typealias F = Field<Receiver.Webhook>
    return .object(
      Receiver.Webhook(),
      [
        sendResolved(\.sendResolved),
        F("url", optional: \.url, Shapes.secretURL, "where to"),
        F("url_file", optional: \.urlFile, Shapes.text(), "file that holds the URL"),
        F("max_alerts", \.maxAlerts, Shapes.integer(0...1_000_000), "alerts in one message at most; 0 for all"),
        F("timeout", \.timeout, Shapes.duration(), "when one try is given up; 0s for as late as its group allows"),
        rateLimit(\.rateLimit),
        F("http_config", optional: \.http, HTTPDeclaration.optionsReference(), "how the request proves who it is"),
      ],
      check: { webhook, reader, path in
        reader.requireOne(of: ["url", "url_file"], in: path)
        // Its flush ends earlier; a try without any bound would outlive the configuration.
        if webhook.timeout == .zero { webhook.timeout = .seconds(3600) }
      })
  }

  private static var alertmanager: Shape<Receiver.Alertmanager> {
    typealias F = Field<Receiver.Alertmanager>
    return .object(
      Receiver.Alertmanager(),
      [
        sendResolved(\.sendResolved),
        F("url", \.url, Shapes.url, required: true, "its address, without /api/v2"),
      ] + overHTTP(\.timeout, \.rateLimit, \.http))
  }

  private static var command: Shape<Receiver.Command> {
    typealias F = Field<Receiver.Command>
    return .object(
      Receiver.Command(),
      [
        sendResolved(\.sendResolved),
        F(
          "command", \.command, Shapes.list(Shapes.looseText(emptyAllowed: true), minimum: 1), required: true,
          "argv of the program"),
        F("timeout", \.timeout, Shapes.positiveDuration, "when it is ended"), rateLimit(\.rateLimit),
      ])
  }

  private static var log: Shape<Receiver.Log> {
    .object(Receiver.Log(), [sendResolved(\.sendResolved), rateLimit(\.rateLimit)])
  }
}

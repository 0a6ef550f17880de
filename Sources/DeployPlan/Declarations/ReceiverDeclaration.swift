import FleetModel

/// The keys of a receiver and its integrations.
enum ReceiverDeclaration {
  static var shape: Shape<Receiver> {
    typealias F = Field<Receiver>
    return .object(
      Receiver(),
      [
        F("name", \.name, Shapes.text(), required: true, "name of the receiver, unique"),
        F("webhook_configs", \.webhooks, Shapes.list(webhook), "HTTP POST of Alertmanager's JSON"),
        F("slack_configs", \.slacks, Shapes.list(slack), "Slack"),
        F("pagerduty_configs", \.pagerDuties, Shapes.list(pagerDuty), "PagerDuty, Events API v2"),
        F("opsgenie_configs", \.opsgenies, Shapes.list(opsgenie), "Opsgenie"),
        F("msteams_configs", \.msTeams, Shapes.list(msTeams), "Microsoft Teams"),
        F("email_configs", \.emails, Shapes.list(EmailDeclaration.shape), "e-mail by SMTP"),
        F("alertmanager_configs", \.alertmanagers, Shapes.list(alertmanager), "another Alertmanager, API v2"),
        F("command_configs", \.commands, Shapes.list(command), "a program that gets the JSON on standard input"),
        F("log_configs", \.logs, Shapes.list(log), "Skep's own log"),
      ])
  }

  /// Keys that all integrations over HTTP share.
  private static func shared<Root>(
    _ timeout: WritableKeyPath<Root, Duration>, _ http: WritableKeyPath<Root, HTTPClientOptions>
  ) -> [Field<Root>] {
    [
      Field("timeout", timeout, Shapes.positiveDuration, "when one try is given up"),
      Field("http_config", http, HTTPDeclaration.optionsReference(), "how the request proves who it is"),
    ]
  }

  private static func sendResolved<Root>(_ target: WritableKeyPath<Root, Bool>) -> Field<Root> {
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
      ] + shared(\.timeout, \.http),
      check: { _, reader, path in reader.requireOne(of: ["url", "url_file"], in: path) })
  }

  private static var slack: Shape<Receiver.Slack> {
    typealias F = Field<Receiver.Slack>
    let text = Shapes.text()
    return .object(
      Receiver.Slack(),
      [
        sendResolved(\.sendResolved),
        F("api_url", optional: \.apiURL, Shapes.secretURL, "the incoming webhook's URL; better in api_url_file"),
        F("api_url_file", optional: \.apiURLFile, text, "file that holds the URL"),
        F("channel", optional: \.channel, text, "channel or user"),
        F("username", optional: \.username, text, "name of the sender"),
        F("title", optional: \.title, text, "title of the message"),
        F("text", optional: \.text, text, "body of the message"),
        F("color", optional: \.color, text, "colour of the bar"),
        F("icon_emoji", optional: \.iconEmoji, text, "emoji of the sender"),
        F("icon_url", optional: \.iconURL, Shapes.url, "picture of the sender"),
      ] + shared(\.timeout, \.http),
      check: { _, reader, path in
        reader.requireOne(of: ["api_url", "api_url_file"], in: path)
        reader.adviseFile(for: "api_url", in: path)
      })
  }

  private static var pagerDuty: Shape<Receiver.PagerDuty> {
    typealias F = Field<Receiver.PagerDuty>
    let text = Shapes.text()
    return .object(
      Receiver.PagerDuty(),
      [
        sendResolved(\.sendResolved),
        F("routing_key", optional: \.routingKey, Shapes.secret(), "the integration key; better in routing_key_file"),
        F("routing_key_file", optional: \.routingKeyFile, text, "file that holds the integration key"),
        F("url", \.url, Shapes.url, "where to"),
        F("client", optional: \.client, text, "name of the sender"),
        F("client_url", optional: \.clientURL, Shapes.url, "address of the sender"),
        F("description", optional: \.description, text, "what the incident says"),
        F("severity", optional: \.severity, text, "severity of the incident; that of the alert where it is not given"),
        F("class", optional: \.class, text, "kind of the event"),
        F("component", optional: \.component, text, "part that is concerned"),
        F("group", optional: \.group, text, "group of parts"),
        F("details", \.details, Shapes.dictionary(Shapes.looseText(emptyAllowed: true)), "further details"),
      ] + shared(\.timeout, \.http),
      check: { _, reader, path in
        reader.requireOne(of: ["routing_key", "routing_key_file"], in: path)
        reader.adviseFile(for: "routing_key", in: path)
      })
  }

  private static var opsgenie: Shape<Receiver.Opsgenie> {
    typealias F = Field<Receiver.Opsgenie>
    let text = Shapes.text()
    return .object(
      Receiver.Opsgenie(),
      [
        sendResolved(\.sendResolved),
        F("api_key", optional: \.apiKey, Shapes.secret(), "the API key; better in api_key_file"),
        F("api_key_file", optional: \.apiKeyFile, text, "file that holds the API key"),
        F("api_url", \.apiURL, Shapes.url, "where to"),
        F("message", optional: \.message, text, "title of the alert"),
        F("description", optional: \.description, text, "what the alert says"),
        F("source", optional: \.source, text, "name of the sender"),
        F("tags", optional: \.tags, text, "tags, separated by commas"),
        F("priority", optional: \.priority, text, "P1 to P5"),
      ] + shared(\.timeout, \.http),
      check: { _, reader, path in
        reader.requireOne(of: ["api_key", "api_key_file"], in: path)
        reader.adviseFile(for: "api_key", in: path)
      })
  }

  private static var msTeams: Shape<Receiver.MSTeams> {
    typealias F = Field<Receiver.MSTeams>
    let text = Shapes.text()
    return .object(
      Receiver.MSTeams(),
      [
        sendResolved(\.sendResolved),
        F("webhook_url", optional: \.webhookURL, Shapes.secretURL, "the webhook's URL; better in webhook_url_file"),
        F("webhook_url_file", optional: \.webhookURLFile, text, "file that holds the URL"),
        F("title", optional: \.title, text, "title of the message"),
        F("summary", optional: \.summary, text, "short form of the message"),
        F("text", optional: \.text, text, "body of the message"),
      ] + shared(\.timeout, \.http),
      check: { _, reader, path in
        reader.requireOne(of: ["webhook_url", "webhook_url_file"], in: path)
        reader.adviseFile(for: "webhook_url", in: path)
      })
  }

  private static var alertmanager: Shape<Receiver.Alertmanager> {
    typealias F = Field<Receiver.Alertmanager>
    return .object(
      Receiver.Alertmanager(),
      [
        sendResolved(\.sendResolved),
        F("url", \.url, Shapes.url, required: true, "its address, without /api/v2"),
      ] + shared(\.timeout, \.http))
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
        F("timeout", \.timeout, Shapes.positiveDuration, "when it is ended"),
      ])
  }

  private static var log: Shape<Receiver.Log> {
    .object(Receiver.Log(), [sendResolved(\.sendResolved)])
  }
}

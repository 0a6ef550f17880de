import FleetModel

/// The keys of `global`, as Alertmanager has them.
enum GlobalDeclaration {
  static var shape: Shape<NotificationGlobals> {
    .object(
      NotificationGlobals(), own + mail + foreign,
      refused: [
        "smtp_auth_secret_file": Flaw("is not supported", mend: "give smtp_auth_secret, or a password by file")
      ],
      check: { _, reader, path in
        for key in ["slack_api_url", "opsgenie_api_key", "smtp_auth_password"] {
          reader.allowOne(of: [key, "\(key)_file"], in: path)
          reader.adviseFile(for: key, in: path)
        }
      })
  }

  private static var own: [Field<NotificationGlobals>] {
    typealias F = Field<NotificationGlobals>
    let text = Shapes.text()
    return [
      F(
        "resolve_timeout", \.resolveTimeout, Shapes.duration(),
        "after which an alert that was posted without an end counts as resolved"),
      F("http_config", optional: \.http, HTTPDeclaration.optionsReference(), "how requests prove who they are"),
      F(
        "slack_api_url", optional: \.slackAPIURL, Shapes.secretURL,
        "Slack's incoming webhook; better in slack_api_url_file"),
      F("slack_api_url_file", optional: \.slackAPIURLFile, text, "file that holds the URL"),
      F("pagerduty_url", optional: \.pagerDutyURL, Shapes.url, "PagerDuty's address, if not its usual one"),
      F("opsgenie_api_url", optional: \.opsgenieAPIURL, Shapes.url, "Opsgenie's address, if not its usual one"),
      F(
        "opsgenie_api_key", optional: \.opsgenieAPIKey, Shapes.secret(),
        "Opsgenie's API key; better in opsgenie_api_key_file"),
      F("opsgenie_api_key_file", optional: \.opsgenieAPIKeyFile, text, "file that holds the API key"),
    ]
  }

  private static var mail: [Field<NotificationGlobals>] {
    typealias F = Field<NotificationGlobals>
    let text = Shapes.text()
    return [
      F("smtp_from", optional: \.smtp.from, Shapes.text(check: EmailDeclaration.addresses), "the sender's address"),
      F(
        "smtp_smarthost", optional: \.smtp.smarthost, Shapes.text(check: EmailDeclaration.hostAndPort),
        "HOST:PORT of the SMTP server"),
      F("smtp_hello", optional: \.smtp.hello, text, "the name that is said to the SMTP server"),
      F("smtp_auth_username", optional: \.smtp.authUsername, Shapes.looseText(), "user name"),
      F(
        "smtp_auth_password", optional: \.smtp.authPassword, Shapes.secret(),
        "password; better in smtp_auth_password_file"),
      F("smtp_auth_password_file", optional: \.smtp.authPasswordFile, text, "file that holds the password"),
      F("smtp_auth_secret", optional: \.smtp.authSecret, Shapes.secret(), "secret for CRAM-MD5"),
      F("smtp_auth_identity", optional: \.smtp.authIdentity, Shapes.looseText(), "identity to act as, for PLAIN"),
      F("smtp_require_tls", optional: \.smtp.requireTLS, Shapes.boolean, "whether an unencrypted server is refused"),
      F("smtp_tls_config", optional: \.smtp.tls, HTTPDeclaration.tlsReference(), "whom the connection trusts"),
    ]
  }

  /// Defaults of services that Skep does not send to: a file that has them is none the worse.
  private static var foreign: [Field<NotificationGlobals>] {
    typealias F = Field<NotificationGlobals>
    let urls = [
      "jira_api_url", "mattermost_webhook_url", "rocketchat_api_url", "telegram_api_url", "victorops_api_url",
      "webex_api_url", "wechat_api_url",
    ]
    let secrets = [
      "mattermost_webhook_url_file", "rocketchat_token", "rocketchat_token_id", "slack_app_token", "victorops_api_key",
      "wechat_api_secret",
    ]
    let texts = [
      "rocketchat_token_file", "rocketchat_token_id_file", "slack_app_token_file", "victorops_api_key_file",
      "wechat_api_corp_id",
    ]
    return urls.map { F(unused: $0, Shapes.url) } + secrets.map { F(unused: $0, Shapes.secret()) }
      + texts.map { F(unused: $0, Shapes.looseText()) }
  }
}

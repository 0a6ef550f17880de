import FleetModel

/// Receivers with the keys that Alertmanager 0.25 knows.
extension Receiver {
  var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping([("name", .text(name))])
    mapping.add("webhook_configs", list: webhooks.map(\.alertmanagerTree))
    mapping.add("slack_configs", list: slacks.map(\.alertmanagerTree))
    mapping.add("pagerduty_configs", list: pagerDuties.map(\.alertmanagerTree))
    mapping.add("opsgenie_configs", list: opsgenies.map(\.alertmanagerTree))
    mapping.add("email_configs", list: emails.map(\.alertmanagerTree))
    return mapping.tree
  }
}

extension Receiver.Webhook {
  fileprivate var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping([("send_resolved", .boolean(sendResolved))])
    // Alertmanager 0.25 reads this one as a URL, and knows no file for it.
    mapping.add("url", "http://\(SecretText(""))")
    if maxAlerts > 0 { mapping.add("max_alerts", .integer(maxAlerts)) }
    mapping.add("http_config", http?.alertmanagerTree)
    return mapping.tree
  }
}

extension Receiver.Slack {
  fileprivate var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping([("send_resolved", .boolean(sendResolved))])
    mapping.add("api_url", apiURL)
    mapping.add("api_url_file", apiURLFile)
    for (key, text) in [
      ("channel", channel), ("username", username), ("color", color), ("title", title), ("title_link", titleLink),
      ("pretext", pretext), ("text", text), ("footer", footer), ("fallback", fallback), ("callback_id", callbackID),
      ("icon_emoji", iconEmoji), ("icon_url", iconURL), ("image_url", imageURL), ("thumb_url", thumbURL),
    ] { mapping.add(key, text) }
    mapping.add("fields", list: fields.map(\.alertmanagerTree))
    mapping.add("short_fields", shortFields, standard: false)
    mapping.add("link_names", linkNames, standard: false)
    mapping.add("mrkdwn_in", texts: markdownIn ?? [])
    mapping.add("actions", list: actions.map(\.alertmanagerTree))
    mapping.add("http_config", http?.alertmanagerTree)
    return mapping.tree
  }
}

extension Receiver.Slack.Field {
  fileprivate var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping([("title", .text(title)), ("value", .text(value))])
    mapping.add("short", short.map { .boolean($0) })
    return mapping.tree
  }
}

extension Receiver.Slack.Action {
  fileprivate var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping([("type", .text(type)), ("text", .text(text))])
    for (key, text) in [("url", url), ("style", style), ("name", name), ("value", value)] where !text.isEmpty {
      mapping.add(key, text)
    }
    if let confirm {
      var question = YAMLMapping([("text", .text(confirm.text))])
      for (key, text) in [
        ("title", confirm.title), ("ok_text", confirm.okText), ("dismiss_text", confirm.dismissText),
      ] where !text.isEmpty { question.add(key, text) }
      mapping.add("confirm", question.tree)
    }
    return mapping.tree
  }
}

extension Receiver.PagerDuty {
  fileprivate var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping([("send_resolved", .boolean(sendResolved))])
    mapping.add("routing_key", routingKey)
    mapping.add("routing_key_file", routingKeyFile)
    mapping.add("service_key", serviceKey)
    mapping.add("service_key_file", serviceKeyFile)
    for (key, text) in [
      ("url", url.map(WebAddress.shown)), ("client", client), ("client_url", clientURL), ("description", description),
      ("severity", severity), ("source", source), ("class", self.class), ("component", component), ("group", group),
    ] { mapping.add(key, text) }
    mapping.add("details", texts: details)
    mapping.add(
      "images",
      list: images.map { image in
        YAMLMapping([("src", .text(image.src)), ("alt", .text(image.alt)), ("href", .text(image.href))]).tree
      })
    mapping.add(
      "links",
      list: links.map { link in YAMLMapping([("href", .text(link.href)), ("text", .text(link.text))]).tree })
    mapping.add("http_config", http?.alertmanagerTree)
    return mapping.tree
  }
}

extension Receiver.Opsgenie {
  fileprivate var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping([("send_resolved", .boolean(sendResolved))])
    mapping.add("api_key", apiKey)
    mapping.add("api_key_file", apiKeyFile)
    for (key, text) in [
      ("api_url", apiURL.map(WebAddress.shown)), ("message", message), ("description", description), ("source", source),
      ("entity", entity), ("actions", actions), ("tags", tags), ("note", note), ("priority", priority),
    ] { mapping.add(key, text) }
    mapping.add("details", texts: details)
    mapping.add(
      "responders",
      list: responders.map { responder in
        var mapping = YAMLMapping()
        for (key, text) in [
          ("id", responder.id), ("name", responder.name), ("username", responder.username), ("type", responder.type),
        ] where !text.isEmpty { mapping.add(key, text) }
        return mapping.tree
      })
    mapping.add("update_alerts", updateAlerts, standard: false)
    mapping.add("http_config", http?.alertmanagerTree)
    return mapping.tree
  }
}

extension Receiver.Email {
  fileprivate var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping([("send_resolved", .boolean(sendResolved)), ("to", .text(to))])
    for (key, text) in [
      ("from", from), ("hello", hello), ("smarthost", smarthost), ("auth_username", authUsername),
      ("auth_password_file", authPasswordFile), ("auth_identity", authIdentity), ("text", text), ("html", html),
    ] { mapping.add(key, text) }
    mapping.add("auth_password", authPassword)
    mapping.add("auth_secret", authSecret)
    mapping.add("headers", texts: headers)
    mapping.add("require_tls", requireTLS.map { .boolean($0) })
    mapping.add("tls_config", tls?.alertmanagerTree)
    return mapping.tree
  }
}

extension HTTPClientOptions {
  fileprivate var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping()
    if let basicAuth {
      var basic = YAMLMapping([("username", .text(basicAuth.username))])
      basic.add("password", basicAuth.password)
      basic.add("password_file", basicAuth.passwordFile)
      mapping.add("basic_auth", basic.tree)
    }
    if let authorization {
      var header = YAMLMapping([("type", .text(authorization.type))])
      header.add("credentials", authorization.credentials)
      header.add("credentials_file", authorization.credentialsFile)
      mapping.add("authorization", header.tree)
    }
    mapping.add("bearer_token", bearerToken)
    mapping.add("bearer_token_file", bearerTokenFile)
    // A proxy's address may hold a password.
    mapping.add("proxy_url", proxyURL.map(WebAddress.shown))
    if tls != TLSClientOptions() { mapping.add("tls_config", tls.alertmanagerTree) }
    mapping.add("follow_redirects", followRedirects, standard: true)
    mapping.add("enable_http2", enableHTTP2, standard: true)
    return mapping.tree
  }
}

extension TLSClientOptions {
  fileprivate var alertmanagerTree: YAMLTree {
    var mapping = YAMLMapping()
    for (key, text) in [
      ("ca_file", caFile), ("cert_file", certFile), ("key_file", keyFile), ("server_name", serverName),
      ("min_version", minVersion?.rawValue), ("max_version", maxVersion?.rawValue),
    ] { mapping.add(key, text) }
    mapping.add("insecure_skip_verify", insecureSkipVerify, standard: false)
    return mapping.tree
  }
}

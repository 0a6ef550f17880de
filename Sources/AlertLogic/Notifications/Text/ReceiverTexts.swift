public import FleetModel

extension NotificationTexts {
  /// A text of a receiver that cannot be used.
  public struct Problem: Sendable, Hashable {
    /// Within the receiver: `slack_configs[0].title`.
    public var path: String
    public var error: NotificationTemplateError
  }

  /// What is wrong with the texts of a receiver. Default texts are not looked at, but those in their place are: a file may
  /// have redefined them.
  public func problems(in receiver: Receiver) -> [Problem] {
    receiver.texts.compactMap { text -> Problem? in
      do throws(NotificationTemplateError) {
        _ = try compile(text.text, isHTML: text.isHTML)
        return nil
      } catch {
        return Problem(path: text.path, error: error)
      }
    }
  }
}

extension Receiver {
  /// One text of a receiver, given or default.
  public struct TemplateText: Sendable, Hashable {
    public var path: String
    public var text: String
    public var isHTML = false
  }

  /// All texts that a notification by this receiver is made of. Keys that are secrets are not among them.
  public var texts: [TemplateText] {
    var texts: [TemplateText] = []
    func add(_ kind: String, _ index: Int, _ own: [(String, String)]) {
      texts += own.map { TemplateText(path: "\(kind)[\(index)].\($0.0)", text: $0.1) }
    }
    for (index, slack) in slacks.enumerated() { add("slack_configs", index, slack.ownTexts) }
    for (index, pagerDuty) in pagerDuties.enumerated() { add("pagerduty_configs", index, pagerDuty.ownTexts) }
    for (index, opsgenie) in opsgenies.enumerated() { add("opsgenie_configs", index, opsgenie.ownTexts) }
    for (index, teams) in msTeams.enumerated() {
      typealias D = DefaultTexts.MSTeams
      add(
        "msteams_configs", index,
        [
          ("title", teams.title ?? D.title), ("summary", teams.summary ?? D.summary), ("text", teams.text ?? D.text),
        ])
    }
    for (index, teams) in msTeamsV2.enumerated() {
      typealias D = DefaultTexts.MSTeamsV2
      add("msteamsv2_configs", index, [("title", teams.title ?? D.title), ("text", teams.text ?? D.text)])
    }
    for (index, email) in emails.enumerated() {
      add("email_configs", index, email.ownTexts)
      texts.append(
        TemplateText(path: "email_configs[\(index)].html", text: email.html ?? DefaultTexts.Email.html, isHTML: true))
    }
    return texts
  }
}

extension Receiver.Slack {
  fileprivate var ownTexts: [(String, String)] {
    typealias D = DefaultTexts.Slack
    var texts = [
      ("channel", channel ?? ""), ("username", username ?? D.username), ("color", color ?? D.color),
      ("title", title ?? D.title), ("title_link", titleLink ?? D.titleLink), ("pretext", pretext ?? D.pretext),
      ("text", text ?? D.text), ("footer", footer ?? D.footer), ("fallback", fallback ?? D.fallback),
      ("callback_id", callbackID ?? D.callbackID), ("icon_emoji", iconEmoji ?? D.iconEmoji),
      ("icon_url", iconURL ?? D.iconURL), ("image_url", imageURL ?? ""), ("thumb_url", thumbURL ?? ""),
    ]
    for (index, field) in fields.enumerated() {
      texts += [("fields[\(index)].title", field.title), ("fields[\(index)].value", field.value)]
    }
    for (index, action) in actions.enumerated() {
      let path = "actions[\(index)]"
      texts += [
        ("\(path).type", action.type), ("\(path).text", action.text), ("\(path).url", action.url),
        ("\(path).style", action.style), ("\(path).name", action.name), ("\(path).value", action.value),
      ]
      guard let confirm = action.confirm else { continue }
      texts += [
        ("\(path).confirm.text", confirm.text), ("\(path).confirm.title", confirm.title),
        ("\(path).confirm.ok_text", confirm.okText), ("\(path).confirm.dismiss_text", confirm.dismissText),
      ]
    }
    return texts
  }
}

extension Receiver.PagerDuty {
  fileprivate var ownTexts: [(String, String)] {
    typealias D = DefaultTexts.PagerDuty
    var texts = [
      ("client", client ?? D.client), ("client_url", clientURL ?? D.clientURL),
      ("description", description ?? D.description), ("severity", severity ?? D.severity), ("source", source ?? ""),
      ("class", self.class ?? ""), ("component", component ?? ""), ("group", group ?? ""),
    ]
    texts += details.sorted { $0.key < $1.key }.map { ("details.\($0.key)", $0.value) }
    for (index, image) in images.enumerated() {
      texts += [
        ("images[\(index)].src", image.src), ("images[\(index)].alt", image.alt), ("images[\(index)].href", image.href),
      ]
    }
    for (index, link) in links.enumerated() {
      texts += [("links[\(index)].href", link.href), ("links[\(index)].text", link.text)]
    }
    return texts
  }
}

extension Receiver.Opsgenie {
  fileprivate var ownTexts: [(String, String)] {
    typealias D = DefaultTexts.Opsgenie
    var texts = [
      ("message", message ?? D.message), ("description", description ?? D.description),
      ("source", source ?? D.source), ("entity", entity ?? ""), ("actions", actions ?? ""), ("tags", tags ?? ""),
      ("note", note ?? ""), ("priority", priority ?? ""),
    ]
    texts += details.sorted { $0.key < $1.key }.map { ("details.\($0.key)", $0.value) }
    for (index, responder) in responders.enumerated() {
      let path = "responders[\(index)]"
      texts += [
        ("\(path).id", responder.id), ("\(path).name", responder.name), ("\(path).username", responder.username),
        ("\(path).type", responder.type),
      ]
    }
    return texts
  }
}

extension Receiver.Email {
  fileprivate var ownTexts: [(String, String)] {
    [("to", to), ("from", from ?? ""), ("text", text ?? DefaultTexts.Email.text)]
      + headers.sorted { $0.key < $1.key }.map { ("headers.\($0.key)", $0.value) }
  }
}

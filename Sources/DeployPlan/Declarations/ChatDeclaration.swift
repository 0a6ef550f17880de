import FleetModel

/// The keys of `slack_configs`, `msteams_configs` and `msteamsv2_configs`.
enum ChatDeclaration {
  static var slack: Shape<Receiver.Slack> {
    typealias F = Field<Receiver.Slack>
    let template = Shapes.template()
    return .object(
      Receiver.Slack(),
      [
        ReceiverDeclaration.sendResolved(\.sendResolved),
        F("api_url", optional: \.apiURL, Shapes.secretURL, "the incoming webhook's URL; better in api_url_file"),
        F("api_url_file", optional: \.apiURLFile, Shapes.text(), "file that holds the URL"),
        F("channel", optional: \.channel, template, "channel or user"),
        F("username", optional: \.username, template, "name of the sender"),
        F("color", optional: \.color, template, "colour of the bar"),
        F("title", optional: \.title, template, "title of the message"),
        F("title_link", optional: \.titleLink, template, "where the title leads"),
        F("pretext", optional: \.pretext, template, "what stands above the bar"),
        F("text", optional: \.text, template, "body of the message"),
        F("fields", \.fields, Shapes.list(slackField), "a table below the body"),
        F("short_fields", \.shortFields, Shapes.boolean, "whether fields stand side by side"),
        F("footer", optional: \.footer, template, "what stands below all"),
        F("fallback", optional: \.fallback, template, "what is shown where attachments are not"),
        F("callback_id", optional: \.callbackID, template, "names the message to the app that handles its buttons"),
        F("icon_emoji", optional: \.iconEmoji, template, "emoji of the sender"),
        F("icon_url", optional: \.iconURL, template, "picture of the sender"),
        F("image_url", optional: \.imageURL, template, "picture below the body"),
        F("thumb_url", optional: \.thumbURL, template, "small picture beside the body"),
        F("link_names", \.linkNames, Shapes.boolean, "whether names and channels become links"),
        F(
          "mrkdwn_in", optional: \.markdownIn, Shapes.list(Shapes.text()),
          "parts in which Slack reads its mark-up; fallback, pretext and text if not given"),
        F("actions", \.actions, Shapes.list(slackAction), "buttons"),
      ] + ReceiverDeclaration.overHTTP(\.timeout, \.rateLimit, \.http),
      refused: [
        "edit_messages": Flaw("is not supported", mend: "remove it: every notification is a message of its own")
      ],
      check: { _, reader, path in
        reader.allowOne(of: ["api_url", "api_url_file"], in: path)
        reader.adviseFile(for: "api_url", in: path)
      })
  }

  private static var slackField: Shape<Receiver.Slack.Field> {
    typealias F = Field<Receiver.Slack.Field>
    return .object(
      Receiver.Slack.Field(),
      [
        F("title", \.title, Shapes.looseText(), required: true, "its name"),
        F("value", \.value, Shapes.looseText(), required: true, "its value"),
        F("short", optional: \.short, Shapes.boolean, "whether it may stand beside another"),
      ])
  }

  private static var slackAction: Shape<Receiver.Slack.Action> {
    typealias F = Field<Receiver.Slack.Action>
    let template = Shapes.template()
    return .object(
      Receiver.Slack.Action(),
      [
        F("type", \.type, Shapes.text(), required: true, "kind of the button"),
        F("text", \.text, Shapes.looseText(), required: true, "what it says"),
        F("url", \.url, template, "where it leads"),
        F("style", \.style, template, "how it looks: primary, danger"),
        F("name", \.name, template, "name that the app gets"),
        F("value", \.value, template, "value that the app gets"),
        F("confirm", optional: \.confirm, slackConfirmation, "what is asked before it is done"),
      ],
      check: { action, reader, path in
        if action.url.isEmpty, action.name.isEmpty, reader.isSound(path) {
          reader.error(path, "needs one of \"url\", \"name\"", mend: "say where the button leads", spoils: [])
        }
      })
  }

  private static var slackConfirmation: Shape<Receiver.Slack.Confirmation> {
    typealias F = Field<Receiver.Slack.Confirmation>
    let template = Shapes.template()
    return .object(
      Receiver.Slack.Confirmation(),
      [
        F("text", \.text, Shapes.looseText(), required: true, "the question"),
        F("title", \.title, template, "its title"),
        F("ok_text", \.okText, template, "the button that says yes"),
        F("dismiss_text", \.dismissText, template, "the button that says no"),
      ])
  }

  static var msTeams: Shape<Receiver.MSTeams> {
    typealias F = Field<Receiver.MSTeams>
    let template = Shapes.template()
    return .object(
      Receiver.MSTeams(),
      [
        ReceiverDeclaration.sendResolved(\.sendResolved),
        F("webhook_url", optional: \.webhookURL, Shapes.secretURL, "the webhook's URL; better in webhook_url_file"),
        F("webhook_url_file", optional: \.webhookURLFile, Shapes.text(), "file that holds the URL"),
        F("title", optional: \.title, template, "title of the message"),
        F("summary", optional: \.summary, template, "short form of the message"),
        F("text", optional: \.text, template, "body of the message"),
      ] + ReceiverDeclaration.overHTTP(\.timeout, \.rateLimit, \.http),
      check: { _, reader, path in requireWebhook(reader, path) })
  }

  static var msTeamsV2: Shape<Receiver.MSTeamsV2> {
    typealias F = Field<Receiver.MSTeamsV2>
    let template = Shapes.template()
    return .object(
      Receiver.MSTeamsV2(),
      [
        ReceiverDeclaration.sendResolved(\.sendResolved),
        F("webhook_url", optional: \.webhookURL, Shapes.secretURL, "the workflow's URL; better in webhook_url_file"),
        F("webhook_url_file", optional: \.webhookURLFile, Shapes.text(), "file that holds the URL"),
        F("title", optional: \.title, template, "title of the message"),
        F("text", optional: \.text, template, "body of the message"),
      ] + ReceiverDeclaration.overHTTP(\.timeout, \.rateLimit, \.http),
      check: { _, reader, path in requireWebhook(reader, path) })
  }

  private static func requireWebhook(_ reader: Reader, _ path: String) {
    reader.requireOne(of: ["webhook_url", "webhook_url_file"], in: path)
    reader.adviseFile(for: "webhook_url", in: path)
  }
}

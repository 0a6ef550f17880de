import FleetModel

/// The keys of `pagerduty_configs` and `opsgenie_configs`.
enum IncidentDeclaration {
  static var pagerDuty: Shape<Receiver.PagerDuty> {
    typealias F = Field<Receiver.PagerDuty>
    let (text, template) = (Shapes.text(), Shapes.template())
    return .object(
      Receiver.PagerDuty(),
      [
        ReceiverDeclaration.sendResolved(\.sendResolved),
        F("routing_key", optional: \.routingKey, Shapes.secret(), "the integration key; better in routing_key_file"),
        F("routing_key_file", optional: \.routingKeyFile, text, "file that holds the integration key"),
        F("service_key", optional: \.serviceKey, Shapes.secret(), "the key of an integration of the type Prometheus"),
        F("service_key_file", optional: \.serviceKeyFile, text, "file that holds that key"),
        F("url", optional: \.url, Shapes.url, "where to; PagerDuty's own address if not given"),
        F("client", optional: \.client, template, "name of the sender"),
        F("client_url", optional: \.clientURL, template, "address of the sender"),
        F("description", optional: \.description, template, "what the incident says"),
        F(
          "severity", optional: \.severity, template,
          "severity of the incident; that of the gravest alert if not given"),
        F("source", optional: \.source, template, "what is concerned; the client if not given"),
        F("class", optional: \.class, template, "kind of the event"),
        F("component", optional: \.component, template, "part that is concerned"),
        F("group", optional: \.group, template, "group of parts"),
        F("details", \.details, Shapes.dictionary(template), "further details"),
        F("images", \.images, Shapes.list(image), "pictures"),
        F("links", \.links, Shapes.list(link), "links"),
      ] + ReceiverDeclaration.overHTTP(\.timeout, \.rateLimit, \.http),
      check: { _, reader, path in
        reader.requireOne(of: ["routing_key", "routing_key_file", "service_key", "service_key_file"], in: path)
        reader.adviseFile(for: "routing_key", in: path)
        reader.adviseFile(for: "service_key", in: path)
      })
  }

  private static var image: Shape<Receiver.PagerDuty.Image> {
    typealias F = Field<Receiver.PagerDuty.Image>
    let template = Shapes.template()
    return .object(
      Receiver.PagerDuty.Image(),
      [
        F("src", \.src, template, "address of the picture"), F("alt", \.alt, template, "what it shows"),
        F("href", \.href, template, "where it leads"),
      ])
  }

  private static var link: Shape<Receiver.PagerDuty.Link> {
    typealias F = Field<Receiver.PagerDuty.Link>
    let template = Shapes.template()
    return .object(
      Receiver.PagerDuty.Link(),
      [F("href", \.href, template, "where it leads"), F("text", \.text, template, "what it says")])
  }

  static var opsgenie: Shape<Receiver.Opsgenie> {
    typealias F = Field<Receiver.Opsgenie>
    let template = Shapes.template()
    return .object(
      Receiver.Opsgenie(),
      [
        ReceiverDeclaration.sendResolved(\.sendResolved),
        F("api_key", optional: \.apiKey, Shapes.secret(), "the API key; better in api_key_file"),
        F("api_key_file", optional: \.apiKeyFile, Shapes.text(), "file that holds the API key"),
        F("api_url", optional: \.apiURL, Shapes.url, "where to; Opsgenie's own address if not given"),
        F("message", optional: \.message, template, "title of the alert"),
        F("description", optional: \.description, template, "what the alert says"),
        F("source", optional: \.source, template, "name of the sender"),
        F("details", \.details, Shapes.dictionary(template), "further details, beside the common labels"),
        F("entity", optional: \.entity, template, "what is concerned"),
        F("responders", \.responders, Shapes.list(responder), "who is to look after it"),
        F("actions", optional: \.actions, template, "actions that are offered, separated by commas"),
        F("tags", optional: \.tags, template, "tags, separated by commas"),
        F("note", optional: \.note, template, "a note"),
        F("priority", optional: \.priority, template, "P1 to P5"),
        F(
          "update_alerts", \.updateAlerts, Shapes.boolean,
          "whether message and description follow while the alert is open"),
      ] + ReceiverDeclaration.overHTTP(\.timeout, \.rateLimit, \.http),
      check: { _, reader, path in
        reader.allowOne(of: ["api_key", "api_key_file"], in: path)
        reader.adviseFile(for: "api_key", in: path)
      })
  }

  private static var responder: Shape<Receiver.Opsgenie.Responder> {
    typealias F = Field<Receiver.Opsgenie.Responder>
    let template = Shapes.template()
    return .object(
      Receiver.Opsgenie.Responder(),
      [
        F("id", \.id, template, "its id"), F("name", \.name, template, "its name"),
        F("username", \.username, template, "its user name"),
        F(
          "type", \.type, Shapes.template(check: responderType), required: true,
          Receiver.Opsgenie.responderTypes.joined(separator: ", ")),
      ],
      check: { responder, reader, path in
        let names = [responder.id, responder.name, responder.username]
        if names.allSatisfy(\.isEmpty), reader.isSound(path) {
          reader.error(path, "needs one of \"id\", \"name\", \"username\"", spoils: [])
        }
      })
  }

  private static func responderType(_ text: String) -> Flaw? {
    let types = Receiver.Opsgenie.responderTypes
    if types.contains(text.lowercased()) { return nil }
    return Flaw(
      "is no kind of responder",
      mend: KeyDistance.nearest(to: text, among: types).map { "did you mean \"\($0)\"?" }
        ?? "give one of \(types.joined(separator: ", "))")
  }
}

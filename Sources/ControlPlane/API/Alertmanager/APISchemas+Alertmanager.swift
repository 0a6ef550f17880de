import AlertLogic
import FleetModel

extension APISchemas {
  /// Alertmanager's messages, their keys in camelCase as its API has them, and those of `/fleet/v1` about routes and receivers.
  static let alertmanager: [Named] = [
    Named(name: "AlertmanagerAlerts", schema: list(of: "AlertmanagerAlert")),
    Named(
      name: "AlertmanagerAlert",
      schema: object([
        key("annotations", textMap), key("endsAt", time), key("fingerprint", text),
        key("receivers", list(of: "AlertmanagerReceiver")), key("startsAt", time),
        key(
          "status",
          object([
            key("inhibitedBy", texts), key("silencedBy", texts),
            key(
              "state", ["type": "string", "enum": .array(AlertStanding.State.allCases.map { .string($0.rawValue) })]),
          ])), key("updatedAt", time), .optional("generatorURL", text), key("labels", textMap),
      ])),
    Named(
      name: "AlertmanagerGroups",
      schema: [
        "type": "array",
        "items": object([
          key("alerts", list(of: "AlertmanagerAlert")), key("labels", textMap),
          key("receiver", reference("AlertmanagerReceiver")),
        ]),
      ]),
    Named(
      name: "AlertmanagerPostableAlerts",
      schema: [
        "type": "array",
        "items": object([
          key("labels", textMap), .optional("annotations", textMap), .optional("startsAt", time),
          .optional("endsAt", time), .optional("generatorURL", text),
        ]),
      ]),
    Named(name: "AlertmanagerReceivers", schema: list(of: "AlertmanagerReceiver")),
    Named(name: "AlertmanagerReceiver", schema: object([key("name", text)])),
    Named(name: "AlertmanagerSilences", schema: list(of: "AlertmanagerSilence")),
    Named(
      name: "AlertmanagerSilence",
      schema: object([
        key("id", text),
        key(
          "status",
          object([
            key("state", ["type": "string", "enum": .array(Silence.State.allCases.map { .string($0.rawValue) })])
          ])), key("updatedAt", time), key("comment", text), key("createdBy", text), key("endsAt", time),
        key("matchers", list(of: "AlertmanagerMatcher")), key("startsAt", time),
      ])),
    Named(
      name: "AlertmanagerPostableSilence",
      schema: object([
        .optional("id", text), key("comment", text), key("createdBy", text), key("endsAt", time),
        key("matchers", list(of: "AlertmanagerMatcher")), key("startsAt", time),
      ])),
    Named(
      name: "AlertmanagerMatcher",
      schema: object([key("name", text), key("value", text), key("isRegex", flag), .optional("isEqual", flag)])),
    Named(name: "AlertmanagerSilenceID", schema: object([key("silenceID", text)])),
    Named(
      name: "AlertmanagerStatus",
      schema: object([
        key("cluster", object([key("peers", texts), key("status", text)])),
        key("config", object([key("original", text)])),
        key("uptime", time),
        key(
          "versionInfo",
          object(["branch", "buildDate", "buildUser", "goVersion", "revision", "version"].map { key($0, text) })),
      ])),
    Named(
      name: "AlertmanagerRefusal",
      schema: ["anyOf": [["type": "string"], object([key("code", whole), key("message", text)])]]),
    Named(
      name: "ReceiverTest",
      schema: object([
        key("receiver", text),
        key(
          "results",
          [
            "type": "array",
            "items": object([key("integration", text), key("delivered", flag), key("error", textOrNull)]),
          ]),
      ])),
    Named(
      name: "RouteTest",
      schema: object([
        key("labels", textMap),
        key(
          "routes",
          [
            "type": "array",
            "items": object([
              key("receiver", text), key("route_key", text), key("group_by", texts), key("group_wait", text),
              key("group_interval", text), key("repeat_interval", text), key("mute_time_intervals", texts),
              key("active_time_intervals", texts),
            ]),
          ]),
      ])),
  ]
}

import FleetModel
import GoTemplate

/// What templates see of a notification: Alertmanager's `Data`
/// (<https://prometheus.io/docs/alerting/latest/notifications/#data>), and what Skep's own texts are made of.
public struct NotificationTemplateData: Sendable {
  static let fields = [
    "Receiver", "Status", "Alerts", "GroupLabels", "CommonLabels", "CommonAnnotations", "ExternalURL",
  ]
  static let alertFields = [
    "Status", "Labels", "Annotations", "StartsAt", "EndsAt", "GeneratorURL", "Fingerprint",
  ]

  let value: TemplateValue
  let functions: [String: TemplateFunction]

  /// O(labels and annotations of all alerts).
  public init(_ notification: GroupNotification) {
    value = Self.value(of: notification)
    functions = NotificationTemplateFunctions.about(notification.at)
  }

  private static func value(of notification: GroupNotification) -> TemplateValue {
    let wording = NotificationWording(notification)
    return .object(
      TemplateObject(
        typeName: "template.Data", isPointer: true,
        content: .fields([
          ("Receiver", .string(quotedMeta(notification.receiver))),
          ("Status", .string(notification.isFiring ? "firing" : "resolved")),
          ("Alerts", alerts(notification.alerts)), ("GroupLabels", pairs(notification.groupLabels)),
          ("CommonLabels", pairs(notification.commonLabels)),
          ("CommonAnnotations", pairs(notification.commonAnnotations)),
          ("ExternalURL", .string(notification.externalURL)),
        ]),
        methods: { name in
          switch name {
          case "Headline": TemplateFunction { _ in .string(wording.headline) }
          case "Severity": TemplateFunction { _ in .string(wording.severity) }
          default: nil
          }
        }))
  }

  /// As Go's `regexp.QuoteMeta`, with which Alertmanager writes the receiver's name.
  public static func quotedMeta(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      if "\\.+*?()|[]{}^$".unicodeScalars.contains(character) { result += "\\" }
      result.unicodeScalars.append(character)
    }
    return result
  }

  private static func alerts(_ alerts: [NotifiedAlert]) -> TemplateValue {
    let values = alerts.map { alert($0) }
    let firing = zip(alerts, values).filter { $0.0.endsAt == nil }.map(\.1)
    let resolved = zip(alerts, values).filter { $0.0.endsAt != nil }.map(\.1)
    return .list(
      TemplateList(
        values, typeName: "template.Alerts",
        methods: [
          "Firing": TemplateFunction { _ in .list(TemplateList(firing, typeName: "[]template.Alert")) },
          "Resolved": TemplateFunction { _ in .list(TemplateList(resolved, typeName: "[]template.Alert")) },
        ]))
  }

  private static func alert(_ alert: NotifiedAlert) -> TemplateValue {
    let ends = alert.endsAt.map { GoTime(milliseconds: $0.milliseconds) } ?? .zero
    let labels = alert.labels.dictionary
    return .object(
      TemplateObject(
        typeName: "template.Alert",
        content: .fields([
          ("Status", .string(alert.endsAt == nil ? "firing" : "resolved")), ("Labels", pairs(labels)),
          ("Annotations", pairs(alert.annotations)),
          ("StartsAt", GoTime(milliseconds: alert.startsAt.milliseconds).value()), ("EndsAt", ends.value()),
          ("GeneratorURL", .string(alert.generatorURL)),
          ("Fingerprint", .string(AlertIdentity.fingerprint(of: labels))),
        ]),
        methods: { name in
          let text: String? =
            switch name {
            case "Headline": AlertWording(alert).headline
            case "Severity": AlertWording(alert).severity
            case "Summary": AlertWording(alert).summary
            case "Period": AlertWording(alert).period
            case "Runbook": AlertWording(alert).runbook
            default: nil
            }
          return text.map { text in TemplateFunction { _ in .string(text) } }
        }))
  }

  // MARK: Labels

  private static func pairs(_ labels: LabelSet) -> TemplateValue { pairs(labels.dictionary) }

  static let strings = "[]string"

  /// A `template.KV`.
  static func pairs(_ labels: [String: String]) -> TemplateValue {
    .map(
      TemplateMap(
        strings: labels, typeName: "template.KV",
        methods: [
          "SortedPairs": TemplateFunction { _ in sortedPairs(labels) },
          "Names": TemplateFunction { _ in list(sorted(labels).map(\.key)) },
          "Values": TemplateFunction { _ in list(sorted(labels).map(\.value)) },
          "Remove": TemplateFunction([.collection(strings)]) { values in
            let removed = Set(texts(values[0]))
            return pairs(labels.filter { !removed.contains($0.key) })
          },
        ]))
  }

  private static func sortedPairs(_ labels: [String: String]) -> TemplateValue {
    let sorted = sorted(labels)
    return .list(
      TemplateList(
        sorted.map { name, value in
          .object(
            TemplateObject(
              typeName: "template.Pair", content: .fields([("Name", .string(name)), ("Value", .string(value))])))
        }, typeName: "template.Pairs",
        methods: [
          "Names": TemplateFunction { _ in list(sorted.map(\.key)) },
          "Values": TemplateFunction { _ in list(sorted.map(\.value)) },
        ]))
  }

  /// By name, `alertname` first.
  private static func sorted(_ labels: [String: String]) -> [(key: String, value: String)] {
    labels.sorted { one, other in
      let (isOne, isOther) = (one.key == NotifiedAlert.nameLabel, other.key == NotifiedAlert.nameLabel)
      if isOne != isOther { return isOne }
      return one.key.utf8.lexicographicallyPrecedes(other.key.utf8)
    }
  }

  static func list(_ texts: [String]) -> TemplateValue {
    .list(TemplateList(texts.map { .string($0) }, typeName: strings))
  }

  static func texts(_ value: TemplateValue) -> [String] {
    guard case .list(let list) = value else { return [] }
    return list.elements.map { RuleTemplateFunctions.text($0) }
  }
}

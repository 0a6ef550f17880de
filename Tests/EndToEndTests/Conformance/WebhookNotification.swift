import FleetModel
import Foundation

/// Alertmanager's webhook message, version 4 (<https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>).
struct WebhookNotification: Decodable, Hashable, Sendable {
  struct Alert: Decodable, Hashable, Sendable {
    var status: String
    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String
    var endsAt: String
    var generatorURL: String
    var fingerprint: String
  }

  var version: String
  var groupKey: String
  var truncatedAlerts: Int
  var status: String
  var receiver: String
  var groupLabels: [String: String]
  var commonLabels: [String: String]
  var commonAnnotations: [String: String]
  var externalURL: String
  var alerts: [Alert]

  static let keys: Set = [
    "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels", "commonAnnotations",
    "externalURL", "alerts",
  ]
  static let alertKeys: Set = [
    "status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint",
  ]

  /// - Throws: where a key is missing, or one is there that Alertmanager does not send.
  init(body: [UInt8]) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(body))
    let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] ?? [:]
    var extra = Set(object.keys).subtracting(Self.keys)
    for alert in object["alerts"] as? [[String: Any]] ?? [] {
      extra.formUnion(Set(alert.keys).subtracting(Self.alertKeys))
    }
    if !extra.isEmpty { throw AlertingProgram.Failure("further keys \(extra.sorted())") }
  }

  /// How this differs from `other` in anything but where it came from; empty where it does not.
  ///
  /// - Parameter seconds: how far apart times may lie.
  func differences(from other: Self, timesWithin seconds: Double) -> [String] {
    var found: [String] = []
    func compare(_ what: String, _ own: some Equatable, _ others: some Equatable) {
      if "\(own)" != "\(others)" { found.append("\(what): \(own), the other \(others)") }
    }
    compare("version", version, other.version)
    compare("groupKey", groupKey, other.groupKey)
    compare("truncatedAlerts", truncatedAlerts, other.truncatedAlerts)
    compare("status", status, other.status)
    compare("receiver", receiver, other.receiver)
    compare("groupLabels", LabelSet(groupLabels), LabelSet(other.groupLabels))
    compare("commonLabels", LabelSet(commonLabels), LabelSet(other.commonLabels))
    compare("commonAnnotations", LabelSet(commonAnnotations), LabelSet(other.commonAnnotations))
    compare("number of alerts", alerts.count, other.alerts.count)
    for (index, (own, others)) in zip(alerts, other.alerts).enumerated() {
      let place = "alerts[\(index)]"
      compare("\(place).labels", LabelSet(own.labels), LabelSet(others.labels))
      compare("\(place).annotations", LabelSet(own.annotations), LabelSet(others.annotations))
      compare("\(place).status", own.status, others.status)
      compare("\(place).generatorURL", own.generatorURL, others.generatorURL)
      compare("\(place).fingerprint", own.fingerprint, others.fingerprint)
      for (key, a, b) in [("startsAt", own.startsAt, others.startsAt), ("endsAt", own.endsAt, others.endsAt)]
      where !Self.areNear(a, b, within: seconds) {
        found.append("\(place).\(key): \(a), the other \(b)")
      }
    }
    return found
  }

  private static func areNear(_ one: String, _ other: String, within seconds: Double) -> Bool {
    if one == other { return true }
    guard let one = RFC3339.parse(one), let other = RFC3339.parse(other) else { return false }
    return abs(Double(one.milliseconds - other.milliseconds)) <= seconds * 1000
  }

  /// `firing A{x="1"} resolved B{}`: in a line what it says.
  var summary: String {
    let texts = alerts.prefix(8).map { "\($0.status) \(LabelSet($0.labels))" }
    return "\(groupKey) " + texts.joined(separator: ", ") + (alerts.count > 8 ? " … \(alerts.count)" : "")
  }
}

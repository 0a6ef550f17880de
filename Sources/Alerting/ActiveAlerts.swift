import FleetModel

/// The alerts that are pending or fire, by what they belong to; no id twice.
struct ActiveAlerts: Sendable {
  private var alerts: [AlertOwner: Alert] = [:]
  private var owners: [String: AlertOwner] = [:]
  private(set) var firing: [Severity: Int] = [:]

  var all: [(owner: AlertOwner, alert: Alert)] { alerts.map { ($0.key, $0.value) } }
  var count: Int { alerts.count }

  subscript(owner: AlertOwner) -> Alert? { alerts[owner] }

  func owner(of id: String) -> AlertOwner? { owners[id] }

  /// - Returns: `false`, and nothing changes, if another owner has an alert of that id.
  mutating func insert(_ alert: Alert, of owner: AlertOwner) -> Bool {
    guard owners[alert.id] == nil else { return false }
    owners[alert.id] = owner
    alerts[owner] = alert
    if alert.firedAt != nil { firing[alert.severity, default: 0] += 1 }
    return true
  }

  /// Marks the alert as firing from `time`, with what it says now.
  mutating func fire(_ owner: AlertOwner, at time: Timestamp, value: Double?, description: String) -> Alert? {
    guard var alert = alerts[owner], alert.firedAt == nil else { return nil }
    alert.firedAt = max(time, alert.activeSince)
    alert.value = value
    alert.description = description
    alerts[owner] = alert
    firing[alert.severity, default: 0] += 1
    return alert
  }

  /// Puts another state of the same alert in its place: id, severity and whether it fires stay as they are.
  mutating func replace(_ owner: AlertOwner, _ alert: Alert) { alerts[owner] = alert }

  mutating func update(_ owner: AlertOwner, value: Double?) { alerts[owner]?.value = value }

  mutating func update(_ owner: AlertOwner, description: String) { alerts[owner]?.description = description }

  mutating func remove(_ owner: AlertOwner) -> Alert? {
    guard let alert = alerts.removeValue(forKey: owner) else { return nil }
    owners[alert.id] = nil
    if alert.firedAt != nil { firing[alert.severity, default: 0] -= 1 }
    return alert
  }
}

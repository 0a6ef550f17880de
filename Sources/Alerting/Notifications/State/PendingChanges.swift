import AlertLogic
import FleetModel

/// What is to be written, the last word of each thing alone: however long the disk is away, this is never larger than the
/// state itself.
struct PendingChanges: Sendable {
  /// `nil`: gone.
  private(set) var alerts: [LabelSet: AlertRecord?] = [:]
  private(set) var groups: [GroupID: GroupRecord?] = [:]
  private(set) var silences: [String: Silence?] = [:]
  private(set) var log: [LogKey: LogRecord?] = [:]

  var isEmpty: Bool { alerts.isEmpty && groups.isEmpty && silences.isEmpty && log.isEmpty }
  var count: Int { alerts.count + groups.count + silences.count + log.count }

  /// Adds what changed after all that is here. O(changes).
  mutating func add(_ changes: StateChanges) {
    for labels in changes.goneAlerts { alerts[labels] = .some(nil) }
    for id in changes.goneGroups { groups[id] = .some(nil) }
    for id in changes.goneSilences { silences[id] = .some(nil) }
    for key in changes.goneLog { log[key] = .some(nil) }
    for record in changes.alerts { alerts[record.alert.labels] = record }
    for record in changes.groups { groups[record.id] = record }
    for silence in changes.silences { silences[silence.id] = silence }
    for record in changes.log { log[record.key] = record }
  }

  /// Adds what came after all that is here. O(`changes`).
  mutating func add(later changes: PendingChanges) {
    alerts.merge(changes.alerts) { _, later in later }
    groups.merge(changes.groups) { _, later in later }
    silences.merge(changes.silences) { _, later in later }
    log.merge(changes.log) { _, later in later }
  }
}

import FleetModel

/// What the state file holds, as JSON. Times are milliseconds since 1970.
///
/// Not in it: when series were last seen and what their last values were. A rate needs two new samples after a restart, and
/// silences and absences count from it.
struct AlertStateDocument: Codable, Sendable {
  static let currentVersion = 2
  /// 1 knows no expression rules.
  static let readableVersions = 1...2

  /// Raised whenever an older Skep could not read the file any more.
  var version = Self.currentVersion
  var active: [ActiveRecord] = []
  /// Oldest first.
  var history: [AlertRecord] = []
  var failing: [FailingInstance] = []
  var absencePairs: [PairRecord] = []
  var undelivered: [UndeliveredRecord] = []

  struct ActiveRecord: Codable, Sendable {
    var alert: AlertRecord
    var owner: Owner
    /// Set while the condition has ended and `keep_firing_for` holds the alert.
    var keptUntil: Int64?
    /// The same for an alert of an expression rule: since when.
    var keptSince: Int64?
  }

  enum Owner: Codable, Sendable {
    case series(rule: String, labels: [String: String])
    case absence(rule: String, agent: String, metric: String)
    case health(agent: String)
    case expression(rule: ExpressionRuleKey, labels: [String: String])
  }

  struct FailingInstance: Codable, Sendable {
    var agent: String
    var instance: String
    var error: String
  }

  struct PairRecord: Codable, Sendable {
    var rule: String
    var agent: String
    var metric: String
  }

  /// A notification that a handler had not taken; the alert itself is among `active` or `history`.
  struct UndeliveredRecord: Codable, Sendable {
    var handler: String
    var kind: String
    var id: String
    var firedAt: Int64
  }

  struct AlertRecord: Codable, Sendable {
    var id: String
    var name: String
    var severity: Severity
    var description: String
    var affectedAgents: [String]
    var activeSince: Int64
    var firedAt: Int64?
    var resolvedAt: Int64?
    var labels: [String: String]
    var annotations: [String: String]
    var runbookURL: String?
    var value: Double?
  }
}

extension AlertStateDocument.AlertRecord {
  init(_ alert: Alert) {
    self.init(
      id: alert.id, name: alert.name, severity: alert.severity, description: alert.description,
      affectedAgents: alert.affectedAgents, activeSince: alert.activeSince.milliseconds,
      firedAt: alert.firedAt?.milliseconds, resolvedAt: alert.resolvedAt?.milliseconds, labels: alert.labels,
      annotations: alert.annotations, runbookURL: alert.runbookURL, value: alert.value)
  }

  var alert: Alert {
    Alert(
      id: id, name: name, severity: severity, description: description, affectedAgents: affectedAgents,
      activeSince: Timestamp(milliseconds: activeSince), firedAt: firedAt.map(Timestamp.init(milliseconds:)),
      resolvedAt: resolvedAt.map(Timestamp.init(milliseconds:)), labels: labels, annotations: annotations,
      runbookURL: runbookURL, value: value)
  }
}

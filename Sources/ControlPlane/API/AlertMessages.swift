public import FleetModel

extension FleetAPI {
  /// `GET /fleet/v1/alerts`.
  public struct AlertList: Codable, Sendable, Hashable {
    /// Newest first.
    public var alerts: [Alert]
  }

  public struct Alert: Codable, Sendable, Hashable {
    public var alertID: String
    public var alertName: String
    public var severity: Severity
    public var description: String
    public var affectedAgents: [String]
    /// When it began to fire; for a pending alert, when its condition began to hold.
    public var timestamp: Time
    /// `pending`, `firing` or `resolved`.
    public var state: String
    public var resolved: Bool
    @ExplicitNull public var resolutionTimestamp: Time?
    public var labels: [String: String]
    public var annotations: [String: String]
    @ExplicitNull public var runbookURL: String?
    @ExplicitNull public var value: Double?
    /// The ids of the silences that keep its notifications back.
    public var silencedBy: [String]?
    /// The fingerprint of an alert that does.
    public var inhibitedBy: [String]?

    enum CodingKeys: String, CodingKey {
      case alertID = "alert_id"
      case alertName = "alert_name"
      case severity, description
      case affectedAgents = "affected_agents"
      case timestamp, state, resolved
      case resolutionTimestamp = "resolution_timestamp"
      case labels, annotations
      case runbookURL = "runbook_url"
      case value
      case silencedBy = "silenced_by"
      case inhibitedBy = "inhibited_by"
    }
  }
}

extension FleetAPI.Alert {
  init(_ alert: Alert, _ suppression: AlertSuppression? = nil) {
    self.init(
      alertID: alert.id, alertName: alert.name, severity: alert.severity, description: alert.description,
      affectedAgents: alert.affectedAgents, timestamp: FleetAPI.Time(alert.firedAt ?? alert.activeSince),
      state: alert.state.rawValue, resolved: alert.state == .resolved,
      resolutionTimestamp: alert.resolvedAt.map(FleetAPI.Time.init), labels: alert.labels,
      annotations: alert.annotations, runbookURL: alert.runbookURL, value: alert.value,
      silencedBy: suppression?.silencedBy ?? [], inhibitedBy: suppression?.inhibitedBy ?? [])
  }
}

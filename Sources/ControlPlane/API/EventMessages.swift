import Alerting
public import FleetModel
import Ingest

extension FleetAPI {
  /// The data of one event of `GET /fleet/v1/events`: an `agent`, an `alert` or `spans_lost`.
  public enum EventMessage: Sendable, Hashable {
    case agent(AgentChange)
    case alert(AlertChange)
    case spansLost(SpansLost)
  }

  /// Spans in flight whose instance died.
  public struct SpansLost: Codable, Sendable, Hashable {
    public var agentID: String
    /// `nil` for those of an earlier run.
    @ExplicitNull public var instance: String?
    /// How many.
    public var count: Int
    /// The first twenty.
    public var spans: [LostSpan]
    public var timestamp: Time

    enum CodingKeys: String, CodingKey {
      case agentID = "agent_id"
      case instance, count, spans, timestamp
    }
  }

  public struct LostSpan: Codable, Sendable, Hashable {
    public var traceID: String
    public var spanID: String
    public var operation: String

    enum CodingKeys: String, CodingKey {
      case traceID = "trace_id"
      case spanID = "span_id"
      case operation
    }
  }

  public struct AgentChange: Codable, Sendable, Hashable {
    public var agentID: String
    public var instance: String
    /// `failed`, `recovered` or `removed`.
    public var change: String
    /// `nil` once removed.
    @ExplicitNull public var status: AgentStatus?
    @ExplicitNull public var error: String?
    public var timestamp: Time

    enum CodingKeys: String, CodingKey {
      case agentID = "agent_id"
      case instance, change, status, error, timestamp
    }
  }

  public struct AlertChange: Codable, Sendable, Hashable {
    /// `firing` or `resolved`.
    public var change: String
    public var alert: Alert
  }
}

extension FleetAPI.EventMessage {
  init(_ event: FleetEvent) {
    switch event {
    case .instance(.failed(let agentID, let instance, let status, let error, let at)):
      self = .agent(
        FleetAPI.AgentChange(
          agentID: agentID.name, instance: instance, change: "failed", status: status, error: error,
          timestamp: FleetAPI.Time(at)))
    case .instance(.recovered(let agentID, let instance, let at)):
      self = .agent(
        FleetAPI.AgentChange(
          agentID: agentID.name, instance: instance, change: "recovered", status: .active, error: nil,
          timestamp: FleetAPI.Time(at)))
    case .instance(.removed(let agentID, let instance, let at)):
      self = .agent(
        FleetAPI.AgentChange(
          agentID: agentID.name, instance: instance, change: "removed", status: nil, error: nil,
          timestamp: FleetAPI.Time(at)))
    case .alert(let notification):
      self = .alert(
        FleetAPI.AlertChange(change: notification.kind.rawValue, alert: FleetAPI.Alert(notification.alert)))
    case .spansLost(let loss):
      self = .spansLost(
        FleetAPI.SpansLost(
          agentID: loss.agent.name, instance: loss.instance, count: loss.count,
          spans: loss.spans.map {
            FleetAPI.LostSpan(traceID: "\($0.key.traceID)", spanID: "\($0.key.spanID)", operation: $0.operation)
          }, timestamp: FleetAPI.Time(loss.at)))
    }
  }

  /// The event's name.
  var kind: String {
    switch self {
    case .agent: "agent"
    case .alert: "alert"
    case .spansLost: "spans_lost"
    }
  }

  /// As the event stream format writes it (<https://html.spec.whatwg.org/multipage/server-sent-events.html>); the data is
  /// one line, since JSON escapes line ends.
  func serverSentEvent() throws -> String {
    let data =
      switch self {
      case .agent(let change): try FleetJSON.encode(change)
      case .alert(let change): try FleetJSON.encode(change)
      case .spansLost(let change): try FleetJSON.encode(change)
      }
    return "event: \(kind)\ndata: \(String(decoding: data, as: UTF8.self))\n\n"
  }
}

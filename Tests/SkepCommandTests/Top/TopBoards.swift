import ControlPlane
import FleetModel

/// Boards as a server sends them.
enum TopBoards {
  static func row(_ id: String, _ more: KeyValuePairs<String, JSONValue> = [:]) -> JSONValue {
    let usual: KeyValuePairs<String, JSONValue> = [
      "agent_id": .string(id), "status": "active", "since": .null, "score": 100, "score_parts": [],
      "instances": ["total": 1, "up": 1], "alerts": ["active": 0, "worst": .null], "cpu": .null, "memory": .null,
      "request_rate": .null, "error_rate": .null, "p95_seconds": .null, "runs_in_flight": 0, "revision": .null,
      "cpu_points": [], "memory_points": [], "request_points": [],
    ]
    let given = Set(more.map(\.key))
    return .object(
      (usual.filter { !given.contains($0.key) } + more).map { JSONValue.Member(key: $0.key, value: $0.value) })
  }

  static func attention(_ what: String, agent: String? = nil, severity: String = "critical") -> JSONValue {
    [
      "severity": .string(severity), "agent_id": agent.map { .string($0) } ?? .null, "what": .string(what),
      "since": "2026-11-24T12:00:00Z", "next": "Look at it", "href": "#/alerts",
    ]
  }

  static func board(_ rows: [JSONValue], attention: [JSONValue] = [], system: String = "team") throws
    -> FleetAPI.Board
  {
    let message: JSONValue = [
      "board": [
        "timestamp": "2026-11-24T12:03:05Z", "system": .string(system),
        "counts": [
          "agents": .number(Double(rows.count)), "active": .number(Double(rows.count)), "unhealthy": 0, "lost": 0,
          "pending": 0,
        ],
        "alerts": ["active": 3, "pending": 1, "info": 0, "warning": 2, "critical": 1, "emergency": 0],
        "attention": .array(attention),
        "points": ["start": "2026-11-24T11:33:00Z", "step_seconds": 60, "count": 30], "agents": .array(rows),
        "calls": [],
      ]
    ]
    return try FleetJSON.decode(FleetAPI.BoardAnswer.self, from: message.description.utf8).board
  }

  /// Three agents, of which each is first by something.
  static func three() throws -> FleetAPI.Board {
    try board([
      row(
        "coder",
        [
          "status": "lost", "score": 40, "cpu": 101, "memory": 12.5, "request_rate": 0.5, "error_rate": 0.25,
          "p95_seconds": 1.5, "revision": "r9", "instances": ["total": 2, "up": 1],
          "alerts": ["active": 1, "worst": "critical"],
        ]),
      row("critic", ["cpu": 3, "memory": 80, "request_rate": 12_500, "error_rate": 0, "p95_seconds": 0.0045]),
      row(
        "planner",
        [
          "score": 90, "memory": 1, "runs_in_flight": 7, "revision": "r1", "status": "unhealthy",
          "alerts": ["active": 2, "worst": "warning"],
        ]),
    ])
  }
}

import Alerting
import FleetModel

/// The schemas of all messages (JSON Schema 2020-12, as OpenAPI 3.1 takes them).
enum APISchemas {
  struct Named: Sendable {
    var name: String
    var schema: JSONValue
  }

  static let registrationExample: JSONValue = [
    "agent_id": "planner", "metrics_endpoint": "http://10.0.0.7:8080/metrics",
    "health_endpoint": "http://10.0.0.7:8080/health", "pid": 4711, "labels": ["team": "research"],
  ]

  static let ruleExample: JSONValue = [
    "name": "HighCpu", "description": "{agent_id} uses {value} % CPU", "condition_type": "threshold",
    "metric_name": "system_cpu_usage", "operator": ">", "threshold": 85, "for": "5m", "severity": "warning",
  ]

  /// One key of an object; kept apart from the schema so that the list of required keys follows from it.
  struct Key {
    var name: String
    var schema: JSONValue
    var isRequired = true

    static func optional(_ name: String, _ schema: JSONValue) -> Key {
      Key(name: name, schema: schema, isRequired: false)
    }
  }

  static func key(_ name: String, _ schema: JSONValue) -> Key { Key(name: name, schema: schema) }

  static func object(_ keys: [Key]) -> JSONValue {
    [
      "type": "object",
      "properties": .object(keys.map { JSONValue.Member(key: $0.name, value: $0.schema) }),
      "required": .array(keys.filter(\.isRequired).map { .string($0.name) }),
    ]
  }

  static let text: JSONValue = ["type": "string"]
  static let textOrNull: JSONValue = ["type": ["string", "null"]]
  static let flag: JSONValue = ["type": "boolean"]
  static let whole: JSONValue = ["type": "integer"]
  static let wholeOrNull: JSONValue = ["type": ["integer", "null"]]
  static let number: JSONValue = ["type": "number"]
  static let numberOrNull: JSONValue = ["type": ["number", "null"]]
  static let time: JSONValue = ["type": "string", "format": "date-time"]
  static let timeOrNull: JSONValue = ["type": ["string", "null"], "format": "date-time"]
  static let texts: JSONValue = ["type": "array", "items": ["type": "string"]]
  static let textMap: JSONValue = ["type": "object", "additionalProperties": ["type": "string"]]
  /// Numbers that JSON lacks are written as words.
  private static let sampleValue: JSONValue = ["anyOf": [["type": "number"], ["enum": ["NaN", "+Inf", "-Inf"]]]]
  private static let sampleValueOrNull: JSONValue = [
    "anyOf": [["type": ["number", "null"]], ["enum": ["NaN", "+Inf", "-Inf"]]]
  ]

  private static func choice<Word: CaseIterable & RawRepresentable<String>>(_ type: Word.Type) -> JSONValue {
    ["type": "string", "enum": .array(Word.allCases.map { .string($0.rawValue) })]
  }

  static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }
  static func list(of name: String) -> JSONValue { ["type": "array", "items": reference(name)] }

  static let all: [Named] =
    agents + overview + alerts + store + prometheus + lint + alertmanager + traces + traceAnalysis + fleetTraces
    + deployments + sessions + board + report + [
      Named(name: "RuleList", schema: object([key("rules", list(of: "Rule"))])),
      Named(name: "Rule", schema: rule),
      Named(name: "SampleList", schema: object([key("samples", list(of: "RecentSample"))])),
      Named(name: "RecentSample", schema: sample),
      Named(name: "LocalInstanceList", schema: object([key("instances", list(of: "LocalInstance"))])),
      Named(name: "LocalInstance", schema: localInstance),
      Named(name: "Document", schema: ["type": "object", "additionalProperties": true]),
      Named(
        name: "ErrorEnvelope",
        schema: object([
          key(
            "error",
            object([
              key("code", choice(APIError.Code.self)), key("message", text), key("details", texts),
            ]))
        ])),
    ]

  private static let lint: [Named] = [
    Named(name: "LintRequest", schema: object([key("expressions", texts), .optional("known_metrics", texts)])),
    Named(name: "LintAnswer", schema: object([key("results", list(of: "LintResult"))])),
    Named(
      name: "LintResult",
      schema: object([
        key("expression", text), key("error", ["anyOf": [reference("LintFinding"), ["type": "null"]]]),
        key("findings", list(of: "LintFinding")),
      ])),
    Named(
      name: "LintFinding",
      schema: object([
        key("kind", text), key("start", whole), key("end", whole), key("line", whole), key("column", whole),
        key("message", text), key("mend", textOrNull),
      ])),
  ]

  private static let prometheus: [Named] = [
    Named(
      name: "PrometheusAnswer",
      schema: object([
        key("status", ["type": "string", "enum": ["success"]]), key("data", ["additionalProperties": true]),
        .optional("warnings", texts), .optional("infos", texts),
      ])),
    Named(
      name: "PrometheusRefusal",
      schema: object([
        key("status", ["type": "string", "enum": ["error"]]), key("errorType", text), key("error", text),
      ])),
  ]

  private static let agents: [Named] = [
    Named(
      name: "Registration",
      schema: object([
        key("agent_id", text), .optional("instance", text), .optional("metrics_endpoint", text),
        .optional("health_endpoint", text), .optional("pid", whole), .optional("labels", textMap),
      ])),
    Named(name: "Heartbeat", schema: object([.optional("instance", text)])),
    Named(name: "AgentList", schema: object([key("agents", list(of: "Agent"))])),
    Named(
      name: "Agent",
      schema: object([
        key("agent_id", text), key("status", choice(AgentStatus.self)), key("registration_time", timeOrNull),
        key("last_heartbeat", timeOrNull), key("last_heartbeat_seconds_ago", numberOrNull),
        key("metrics_endpoint", textOrNull), key("health_endpoint", textOrNull), key("last_error", textOrNull),
        key("health_score", numberOrNull),
        key("score_parts", ["type": "array", "items": object([key("reason", text), key("points", number)])]),
        key("cpu_usage", numberOrNull), key("memory_usage", numberOrNull), key("instances", list(of: "Instance")),
      ])),
    Named(
      name: "Instance",
      schema: object([
        key("instance", text), key("status", choice(AgentStatus.self)), key("pid", wholeOrNull),
        key("metrics_endpoint", textOrNull), key("health_endpoint", textOrNull), key("last_error", textOrNull),
        key("registration_time", time), key("last_heartbeat", timeOrNull), key("last_collection", timeOrNull),
        key("samples_collected", whole), key("series", whole), key("labels", textMap),
      ])),
  ]

  private static let overview: [Named] = [
    Named(name: "OverviewAnswer", schema: object([key("system_overview", reference("Overview"))])),
    Named(
      name: "Overview",
      schema: object([
        key("timestamp", time),
        key(
          "agents",
          object([
            key("total_agents", whole), key("active_agents", whole), key("unhealthy_agents", whole),
            key("lost_agents", whole), key("pending_agents", whole),
            key("agents_detail", ["type": "object", "additionalProperties": reference("AgentDetail")]),
          ])),
        key(
          "alerts",
          object(
            [
              "total_alerts", "active_alerts", "critical_alerts", "warning_alerts", "info_alerts", "emergency_alerts",
            ].map { key($0, whole) })),
        key(
          "metrics",
          object([
            key("total_metrics_collected", whole), key("unique_metric_types", whole),
            key("collection_interval_seconds", number),
          ])),
        key("store_failure", textOrNull),
      ])),
    Named(
      name: "AgentDetail",
      schema: object([
        key("status", choice(AgentStatus.self)), key("last_heartbeat_seconds_ago", numberOrNull),
        key("registration_time", timeOrNull), key("health_score", numberOrNull), key("instances", whole),
        key("active_instances", whole), key("cpu_usage", numberOrNull), key("memory_usage", numberOrNull),
        key("last_error", textOrNull),
      ])),
  ]

  private static let alerts: [Named] = [
    Named(name: "AlertList", schema: object([key("alerts", list(of: "Alert"))])),
    Named(
      name: "Alert",
      schema: object([
        key("alert_id", text), key("alert_name", text), key("severity", choice(Severity.self)),
        key("description", text),
        key("affected_agents", texts), key("timestamp", time),
        key("state", ["type": "string", "enum": ["pending", "firing", "resolved"]]), key("resolved", flag),
        key("resolution_timestamp", timeOrNull), key("labels", textMap), key("annotations", textMap),
        key("runbook_url", textOrNull), key("value", sampleValueOrNull), key("silenced_by", texts),
        key("inhibited_by", texts),
      ])),
  ]

  private static let store: [Named] = [
    Named(
      name: "StoreStatistics",
      schema: object([
        key("series", whole), key("samples", whole), key("oldest", timeOrNull), key("newest", timeOrNull),
        key("bytes_per_sample", numberOrNull), key("block_bytes", whole), key("log_bytes", whole),
        key("checkpoint_bytes", whole),
        key(
          "head",
          object(
            ["series", "samples", "chunks", "label_bytes", "index_bytes", "chunk_bytes", "reserved_bytes"]
              .map { key($0, whole) })),
        key("blocks", list(of: "StoreBlock")), key("labels", list(of: "Cardinality")),
        key("metrics", list(of: "Cardinality")), key("pairs", list(of: "Cardinality")), key("set_aside", texts),
        key("failure", textOrNull),
      ])),
    Named(
      name: "StoreBlock",
      schema: object([
        key("name", text), key("min_time", time), key("max_time", time), key("series", whole), key("chunks", whole),
        key("samples", whole), key("bytes", whole),
      ])),
    Named(name: "Cardinality", schema: object([key("name", text), key("count", whole)])),
    Named(
      name: "StoreCheck",
      schema: object([
        key("good", flag), key("notes", texts), key("series", whole), key("samples", whole),
        key(
          "files",
          [
            "type": "array",
            "items": object([key("name", text), key("bytes", whole), key("problems", texts)]),
          ]),
      ])),
    Named(name: "SnapshotRequest", schema: object([.optional("name", text)])),
    Named(
      name: "StoreSnapshot",
      schema: object([
        key("name", text), key("directory", text), key("blocks", whole), key("series", whole), key("samples", whole),
        key("bytes", whole),
      ])),
    Named(
      name: "DeletionRequest",
      schema: object([key("matchers", texts), .optional("start", time), .optional("end", time)])),
    Named(name: "StoreDeletion", schema: object([key("series", whole), key("samples", whole)])),
    Named(
      name: "SampleCount",
      schema: object([
        key("metric_name", text), key("start", time), key("end", time), key("series", whole), key("samples", whole),
      ])),
  ]

  private static let rule = object([
    key("name", text), key("description", text),
    key("condition_type", ["type": "string", "enum": ["threshold", "rate_of_change", "absence", "expression"]]),
    .optional("operator", choice(Comparison.self)), .optional("threshold", sampleValue),
    .optional("rate_threshold", sampleValue), .optional("window", text), .optional("expr", text),
    .optional("interval", text), .optional("metric_name", text), .optional("agent_id", text),
    .optional("labels", ["anyOf": [texts, textMap]]), .optional("for", text), .optional("keep_firing_for", text),
    .optional("severity", choice(Severity.self)), .optional("annotations", textMap), .optional("runbook_url", text),
  ])

  private static let sample = object([
    key("agent_id", text), key("metric_name", text), key("metric_type", choice(MetricType.self)),
    key("value", sampleValue), key("timestamp", time), key("labels", textMap),
    .optional("sum", sampleValue),
  ])

  private static let localInstance = object([
    key("agent_id", text), key("ordinal", whole),
    key(
      "state", ["type": "string", "enum": ["starting", "ready", "unready", "backing_off", "stopping", "stopped"]]),
    key("pid", wholeOrNull), key("port", whole), key("restarts", whole), key("last_exit", textOrNull),
    key("log_file", text),
  ])
}

import FleetModel
import TraceAnalysis

extension APISchemas {
  private static let nullableText: JSONValue = ["type": ["string", "null"]]

  private static func items(_ schema: JSONValue) -> JSONValue { ["type": "array", "items": schema] }
  private static func orNull(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }
  private static func values(_ schema: JSONValue) -> JSONValue { ["type": "object", "additionalProperties": schema] }
  private static func choice<Word: CaseIterable & RawRepresentable<String>>(_ type: Word.Type) -> JSONValue {
    ["type": "string", "enum": .array(Word.allCases.map { .string($0.rawValue) })]
  }

  private static let operation = object([key("agent_id", text), key("operation", text)])

  private static let section = object([
    key("span_id", text), key("agent_id", text), key("operation", text), key("start_time", time),
    key("duration_ms", number),
  ])

  /// What is read of traces.
  static let traceAnalysis: [Named] = [
    Named(name: "TraceList", schema: object([key("traces", list(of: "TraceSummary"))])),
    Named(
      name: "TraceSummary",
      schema: object([
        key("trace_id", text), key("root_agent_id", text), key("root_operation", text), key("start_time", time),
        key("end_time", nullableText), key("duration_ms", numberOrNull),
        key("status", ["type": "string", "enum": ["active", "completed", "error", "lost"]]), key("span_count", whole),
        key("error_count", whole), key("active_count", whole), key("lost_count", whole), key("agents", values(whole)),
      ])),
    Named(name: "Trace", schema: object([key("trace_id", text), key("spans", list(of: "Span"))])),
    Named(
      name: "TraceAnalysis",
      schema: object([
        key("trace_id", text), key("total_spans", whole), key("completed_spans", whole), key("error_spans", whole),
        key("active_spans", whole), key("lost_spans", whole), key("orphan_spans", whole), key("skewed_spans", whole),
        key("total_duration_ms", number), key("root_duration_ms", number), key("average_span_duration_ms", number),
        key("agent_participation", values(reference("TraceParticipation"))), key("critical_path", items(section)),
        key("longest_operations", items(section)),
        key(
          "what_if",
          items(
            object([
              key("agent_id", text), key("operation", text), key("critical_path_ms", number),
              key("faster_percent", number), key("duration_ms", number),
            ]))), key("input_tokens", whole), key("output_tokens", whole), key("cached_tokens", whole),
        key("cost", numberOrNull), key("currency", text), .optional("tree", list(of: "PlacedSpan")),
        .optional(
          "deployment",
          object([key("deployment_id", text), key("started_at", time), key("revisions", textMap)])),
      ])),
    Named(
      name: "PlacedSpan",
      schema: object([
        key("span_id", text), key("parent", ["type": ["integer", "null"]]), key("agent_id", text),
        key("operation", text), key("start_time", time), key("end_time", time), key("status", text),
        key("clock_offset_ms", number), key("orphan", flag),
      ])),
    Named(
      name: "TraceParticipation",
      schema: object([
        key("span_count", whole), key("error_count", whole), key("active_count", whole), key("lost_count", whole),
        key("total_duration_ms", number), key("self_time_ms", number), key("critical_path_ms", number),
        key("operations", texts), key("input_tokens", whole), key("output_tokens", whole),
      ])),
  ]

  /// What is read of many traces together.
  static let fleetTraces: [Named] = [
    Named(name: "TraceWindow", schema: object([key("start", time), key("end", time), key("seconds", number)])),
    Named(
      name: "LatencyQuantiles",
      schema: object(["mean", "p50", "p95", "p99"].map { key($0, numberOrNull) })),
    Named(
      name: "FleetCriticalPath",
      schema: object([
        key("window", reference("TraceWindow")), key("requests", whole), key("spans", whole),
        key("unfinished_requests", whole), key("fragments", whole), key("sampled_requests", whole),
        key("latency_ms", reference("LatencyQuantiles")), key("p50_determinant", orNull(operation)),
        key("p95_determinant", orNull(operation)), key("operations", list(of: "CriticalPathOperation")),
      ])),
    Named(
      name: "CriticalPathOperation",
      schema: object([
        key("agent_id", text), key("operation", text), key("requests", whole), key("critical_path_ms", number),
        key("share", number), key("p50_share", number), key("p95_share", number), key("p95_excess_ms", number),
        key(
          "what_if",
          items(object([key("faster_percent", number), key("p50_gain_ms", number), key("p95_gain_ms", number)]))),
      ])),
    Named(
      name: "CallGraph",
      schema: object([
        key("window", reference("TraceWindow")), key("traces", whole), key("spans", whole),
        key(
          "agents",
          items(
            object([
              key("agent_id", text), key("spans", whole), key("errors", whole), key("calls", whole),
              key("latency_ms", reference("LatencyQuantiles")),
            ]))),
        key(
          "edges",
          items(
            object([
              key("caller", nullableText), key("callee", text), key("calls", whole), key("calls_per_second", number),
              key("errors", whole), key("error_share", number), key("latency_ms", reference("LatencyQuantiles")),
            ]))),
      ])),
    Named(
      name: "TraceComparison",
      schema: object([
        key("before", reference("ComparedWindow")), key("after", reference("ComparedWindow")),
        key(
          "operations",
          items(
            object(
              [
                key("agent_id", text), key("operation", text), key("before", reference("ComparedFigures")),
                key("after", reference("ComparedFigures")), key("changed", flag),
              ]
                + ["rate", "errors", "latency"].map {
                  key($0, object([key("probability", number), key("changed", flag)]))
                }))),
      ])),
    Named(
      name: "ComparedWindow",
      schema: object([key("window", reference("TraceWindow")), key("traces", whole), key("spans", whole)])),
    Named(
      name: "ComparedFigures",
      schema: object([
        key("spans", whole), key("errors", whole), key("spans_per_second", number), key("error_share", number),
        key("latency_ms", reference("LatencyQuantiles")),
      ])),
    Named(
      name: "TraceAudit",
      schema: object([
        key("window", reference("TraceWindow")), key("traces", whole), key("spans", whole),
        key("examined_share", number), key("edges", list(of: "AuditedEdge")),
      ])),
    Named(
      name: "AuditedEdge",
      schema: object([
        key("caller", nullableText), key("callee", text), key("linked_calls", whole), key("lost_calls", whole),
        key("evidence", values(whole)), key("confidence", choice(AuditFindings.Confidence.self)),
        key("chance", numberOrNull), key("examples", list(of: "LostCall")),
      ])),
    Named(
      name: "LostCall",
      schema: object([
        key("evidence", choice(AuditFindings.Evidence.self)), key("confidence", choice(AuditFindings.Confidence.self)),
        key("start_time", time), key("caller", orNull(reference("AuditedSpan"))),
        key("callee", reference("AuditedSpan")),
      ])),
    Named(
      name: "AuditedSpan", schema: object([key("trace_id", text), key("span_id", text), key("operation", text)])),
    Named(
      name: "TokenUsage",
      schema: object(
        [
          key("window", reference("TraceWindow")), key("traces", whole), key("currency", text),
          key("total", reference("TokenUsageEntry")),
        ] + ["agents", "models", "conversations"].map { key($0, list(of: "TokenUsageEntry")) })),
    Named(
      name: "TokenUsageEntry",
      schema: object([
        key("name", text), key("calls", whole), key("input_tokens", whole), key("cached_tokens", whole),
        key("output_tokens", whole), key("cost", numberOrNull), key("unpriced_calls", whole),
      ])),
  ]
}

import FleetModel

extension APISchemas {
  private static let metadata: JSONValue = ["type": "object", "additionalProperties": true]
  private static let nullableText: JSONValue = ["type": ["string", "null"]]
  private static let kind: JSONValue = [
    "type": "string", "enum": ["unspecified", "internal", "server", "client", "producer", "consumer"],
  ]

  /// Spans as they come in, Jaeger's answers and OTLP's.
  static let traces: [Named] = [
    Named(
      name: "SpanMessages",
      schema: ["anyOf": [["type": "array", "items": reference("SpanMessage")], reference("SpanMessage")]]),
    Named(
      name: "SpanMessage",
      schema: object([
        .optional("trace_id", text), .optional("span_id", text), .optional("parent_span_id", nullableText),
        key("operation", text), key("agent_id", text), .optional("kind", kind), .optional("start_time", time),
        .optional("end_time", nullableText), .optional("duration_ms", ["type": "number"]),
        .optional("status", ["type": "string", "enum": ["active", "completed", "error"]]),
        .optional("status_message", text), .optional("metadata", metadata), .optional("trace_state", text),
        .optional("resource", metadata), .optional("instance", text),
        .optional(
          "logs",
          [
            "type": "array",
            "items": object([
              .optional("timestamp", time), .optional("message", text), .optional("metadata", metadata),
            ]),
          ]),
        .optional(
          "links",
          [
            "type": "array",
            "items": object([key("trace_id", text), key("span_id", text), .optional("metadata", metadata)]),
          ]),
      ])),
    Named(
      name: "SpanFinish",
      schema: object([
        .optional("trace_id", text), .optional("end_time", time),
        .optional("status", ["type": "string", "enum": ["completed", "error"]]), .optional("status_message", text),
        .optional("metadata", metadata),
      ])),
    Named(
      name: "SpansTaken",
      schema: object([
        key("accepted", whole), key("rejected", whole), key("errors", texts),
        key("spans", ["type": "array", "items": object([key("trace_id", text), key("span_id", text)])]),
      ])),
    Named(
      name: "Span",
      schema: object([
        key("trace_id", text), key("span_id", text), key("parent_span_id", nullableText), key("operation", text),
        key("agent_id", text), key("kind", kind), key("start_time", time), key("end_time", nullableText),
        key("duration_ms", ["type": ["number", "null"]]),
        key("status", ["type": "string", "enum": ["active", "completed", "error", "lost"]]),
        key("status_message", text), key("metadata", metadata),
        key(
          "logs",
          [
            "type": "array",
            "items": object([key("timestamp", time), key("message", text), key("metadata", metadata)]),
          ]),
        key(
          "links",
          [
            "type": "array", "items": object([key("trace_id", text), key("span_id", text), key("metadata", metadata)]),
          ]), key("resource", metadata),
      ])),
    Named(name: "OpenSpanList", schema: object([key("total", whole), key("spans", list(of: "OpenSpan"))])),
    Named(
      name: "OpenSpan",
      schema: object([
        key("trace_id", text), key("span_id", text), key("parent_span_id", nullableText), key("operation", text),
        key("agent_id", text), key("instance", nullableText), key("start_time", time),
        key("running_ms", ["type": "number"]), key("status", text),
      ])),
    Named(
      name: "OTLPAnswer",
      schema: object([
        .optional(
          "partialSuccess",
          object([
            .optional("rejectedSpans", text), .optional("rejectedDataPoints", text), .optional("errorMessage", text),
          ]))
      ])),
    Named(
      name: "RPCStatus",
      schema: object([.optional("code", whole), .optional("message", text)])),
    Named(
      name: "JaegerAnswer",
      schema: object([
        key("data", [:]), key("total", whole), key("limit", whole), key("offset", whole),
        key(
          "errors",
          [
            "type": ["array", "null"],
            "items": object([key("code", whole), key("msg", text), .optional("traceID", text)]),
          ]),
      ])),
  ]
}

/// The messages of OTLP as far as Skep reads and writes them, with the names that their fields have in JSON: the same table
/// takes JSON to protobuf and back. Sources: the `.proto` files below `opentelemetry/proto` and `google/rpc/status.proto`.
enum OTLPSchema: Int, Sendable, CaseIterable {
  case traceRequest, resourceSpans, scopeSpans, span, event, link, status
  case metricsRequest, resourceMetrics, scopeMetrics, metric, gauge, sum, histogram, exponentialHistogram, summary
  case numberPoint, histogramPoint, exponentialPoint, buckets, summaryPoint, quantile, exemplar
  case resource, scope, keyValue, anyValue, arrayValue, keyValueList
  case traceResponse, tracePartialSuccess, metricsResponse, metricsPartialSuccess, rpcStatus

  struct Field: Sendable {
    var name: StaticString
    var number: UInt64
    var type: FieldType
    var isRepeated: Bool
  }

  enum FieldType: Sendable {
    case string
    /// Base64 in JSON.
    case bytes
    /// Hex digits in JSON, which is OTLP's own way.
    case id
    case bool
    /// Strings in JSON, and numbers are taken too: `int64`.
    case int64
    case uint64
    /// Numbers in JSON: `uint32`, `int32` and enumerations.
    case int32
    case sint32
    case fixed32
    case fixed64
    case sfixed64
    case double
    case message(OTLPSchema)

    /// Protobuf's.
    var wireType: UInt64 {
      switch self {
      case .bool, .int64, .uint64, .int32, .sint32: 0
      case .fixed64, .sfixed64, .double: 1
      case .string, .bytes, .id, .message: 2
      case .fixed32: 5
      }
    }
  }

  var fields: [Field] { Self.table[rawValue] }

  private static let table = allCases.map(\.listedFields)

  private static func one(_ number: UInt64, _ name: StaticString, _ type: FieldType) -> Field {
    Field(name: name, number: number, type: type, isRepeated: false)
  }

  private static func many(_ number: UInt64, _ name: StaticString, _ type: FieldType) -> Field {
    Field(name: name, number: number, type: type, isRepeated: true)
  }

  private var listedFields: [Field] {
    switch self {
    case .traceRequest: [Self.many(1, "resourceSpans", .message(.resourceSpans))]
    case .resourceSpans:
      [
        Self.one(1, "resource", .message(.resource)), Self.many(2, "scopeSpans", .message(.scopeSpans)),
        Self.one(3, "schemaUrl", .string),
      ]
    case .scopeSpans:
      [
        Self.one(1, "scope", .message(.scope)), Self.many(2, "spans", .message(.span)),
        Self.one(3, "schemaUrl", .string),
      ]
    case .span:
      [
        Self.one(1, "traceId", .id), Self.one(2, "spanId", .id), Self.one(3, "traceState", .string),
        Self.one(4, "parentSpanId", .id), Self.one(5, "name", .string), Self.one(6, "kind", .int32),
        Self.one(7, "startTimeUnixNano", .fixed64), Self.one(8, "endTimeUnixNano", .fixed64),
        Self.many(9, "attributes", .message(.keyValue)), Self.one(10, "droppedAttributesCount", .int32),
        Self.many(11, "events", .message(.event)), Self.one(12, "droppedEventsCount", .int32),
        Self.many(13, "links", .message(.link)), Self.one(14, "droppedLinksCount", .int32),
        Self.one(15, "status", .message(.status)), Self.one(16, "flags", .fixed32),
      ]
    case .event:
      [
        Self.one(1, "timeUnixNano", .fixed64), Self.one(2, "name", .string),
        Self.many(3, "attributes", .message(.keyValue)), Self.one(4, "droppedAttributesCount", .int32),
      ]
    case .link:
      [
        Self.one(1, "traceId", .id), Self.one(2, "spanId", .id), Self.one(3, "traceState", .string),
        Self.many(4, "attributes", .message(.keyValue)), Self.one(5, "droppedAttributesCount", .int32),
        Self.one(6, "flags", .fixed32),
      ]
    case .status: [Self.one(2, "message", .string), Self.one(3, "code", .int32)]
    case .resource:
      [Self.many(1, "attributes", .message(.keyValue)), Self.one(2, "droppedAttributesCount", .int32)]
    case .scope:
      [
        Self.one(1, "name", .string), Self.one(2, "version", .string), Self.many(3, "attributes", .message(.keyValue)),
        Self.one(4, "droppedAttributesCount", .int32),
      ]
    case .keyValue: [Self.one(1, "key", .string), Self.one(2, "value", .message(.anyValue))]
    case .anyValue:
      [
        Self.one(1, "stringValue", .string), Self.one(2, "boolValue", .bool), Self.one(3, "intValue", .int64),
        Self.one(4, "doubleValue", .double), Self.one(5, "arrayValue", .message(.arrayValue)),
        Self.one(6, "kvlistValue", .message(.keyValueList)), Self.one(7, "bytesValue", .bytes),
      ]
    case .arrayValue: [Self.many(1, "values", .message(.anyValue))]
    case .keyValueList: [Self.many(1, "values", .message(.keyValue))]
    case .traceResponse: [Self.one(1, "partialSuccess", .message(.tracePartialSuccess))]
    case .tracePartialSuccess: [Self.one(1, "rejectedSpans", .int64), Self.one(2, "errorMessage", .string)]
    case .metricsResponse: [Self.one(1, "partialSuccess", .message(.metricsPartialSuccess))]
    case .metricsPartialSuccess: [Self.one(1, "rejectedDataPoints", .int64), Self.one(2, "errorMessage", .string)]
    case .rpcStatus: [Self.one(1, "code", .int32), Self.one(2, "message", .string)]
    default: metricFields
    }
  }

  private var metricFields: [Field] {
    switch self {
    case .metricsRequest: [Self.many(1, "resourceMetrics", .message(.resourceMetrics))]
    case .resourceMetrics:
      [
        Self.one(1, "resource", .message(.resource)), Self.many(2, "scopeMetrics", .message(.scopeMetrics)),
        Self.one(3, "schemaUrl", .string),
      ]
    case .scopeMetrics:
      [
        Self.one(1, "scope", .message(.scope)), Self.many(2, "metrics", .message(.metric)),
        Self.one(3, "schemaUrl", .string),
      ]
    case .metric:
      [
        Self.one(1, "name", .string), Self.one(2, "description", .string), Self.one(3, "unit", .string),
        Self.one(5, "gauge", .message(.gauge)), Self.one(7, "sum", .message(.sum)),
        Self.one(9, "histogram", .message(.histogram)),
        Self.one(10, "exponentialHistogram", .message(.exponentialHistogram)),
        Self.one(11, "summary", .message(.summary)), Self.many(12, "metadata", .message(.keyValue)),
      ]
    case .gauge: [Self.many(1, "dataPoints", .message(.numberPoint))]
    case .sum:
      [
        Self.many(1, "dataPoints", .message(.numberPoint)), Self.one(2, "aggregationTemporality", .int32),
        Self.one(3, "isMonotonic", .bool),
      ]
    case .histogram:
      [Self.many(1, "dataPoints", .message(.histogramPoint)), Self.one(2, "aggregationTemporality", .int32)]
    case .exponentialHistogram:
      [Self.many(1, "dataPoints", .message(.exponentialPoint)), Self.one(2, "aggregationTemporality", .int32)]
    case .summary: [Self.many(1, "dataPoints", .message(.summaryPoint))]
    case .numberPoint:
      [
        Self.one(2, "startTimeUnixNano", .fixed64), Self.one(3, "timeUnixNano", .fixed64),
        Self.one(4, "asDouble", .double), Self.many(5, "exemplars", .message(.exemplar)),
        Self.one(6, "asInt", .sfixed64), Self.many(7, "attributes", .message(.keyValue)), Self.one(8, "flags", .int32),
      ]
    case .histogramPoint:
      [
        Self.one(2, "startTimeUnixNano", .fixed64), Self.one(3, "timeUnixNano", .fixed64),
        Self.one(4, "count", .fixed64), Self.one(5, "sum", .double), Self.many(6, "bucketCounts", .fixed64),
        Self.many(7, "explicitBounds", .double), Self.many(8, "exemplars", .message(.exemplar)),
        Self.many(9, "attributes", .message(.keyValue)), Self.one(10, "flags", .int32), Self.one(11, "min", .double),
        Self.one(12, "max", .double),
      ]
    case .exponentialPoint:
      [
        Self.many(1, "attributes", .message(.keyValue)), Self.one(2, "startTimeUnixNano", .fixed64),
        Self.one(3, "timeUnixNano", .fixed64), Self.one(4, "count", .fixed64), Self.one(5, "sum", .double),
        Self.one(6, "scale", .sint32), Self.one(7, "zeroCount", .fixed64), Self.one(8, "positive", .message(.buckets)),
        Self.one(9, "negative", .message(.buckets)), Self.one(10, "flags", .int32),
        Self.many(11, "exemplars", .message(.exemplar)), Self.one(12, "min", .double), Self.one(13, "max", .double),
        Self.one(14, "zeroThreshold", .double),
      ]
    case .buckets: [Self.one(1, "offset", .sint32), Self.many(2, "bucketCounts", .uint64)]
    case .summaryPoint:
      [
        Self.one(2, "startTimeUnixNano", .fixed64), Self.one(3, "timeUnixNano", .fixed64),
        Self.one(4, "count", .fixed64), Self.one(5, "sum", .double),
        Self.many(6, "quantileValues", .message(.quantile)), Self.many(7, "attributes", .message(.keyValue)),
        Self.one(8, "flags", .int32),
      ]
    case .quantile: [Self.one(1, "quantile", .double), Self.one(2, "value", .double)]
    case .exemplar:
      [
        Self.one(2, "timeUnixNano", .fixed64), Self.one(3, "asDouble", .double), Self.one(4, "spanId", .id),
        Self.one(5, "traceId", .id), Self.one(6, "asInt", .sfixed64),
        Self.many(7, "filteredAttributes", .message(.keyValue)),
      ]
    default: []
    }
  }
}

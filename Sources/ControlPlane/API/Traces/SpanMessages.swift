import FleetModel

extension FleetAPI {
  /// One operation by one agent. Times are RFC 3339 with up to nine digits of a second's fraction.
  public struct Span: Codable, Sendable, Hashable {
    public var traceID: String
    public var spanID: String
    @ExplicitNull public var parentSpanID: String?
    public var operation: String
    public var agentID: String
    /// `internal`, `server`, `client`, `producer`, `consumer` or `unspecified`.
    public var kind: String
    public var startTime: String
    @ExplicitNull public var endTime: String?
    @ExplicitNull public var durationMilliseconds: Double?
    /// `active`, `completed`, `error` or `lost`.
    public var status: String
    public var statusMessage: String
    /// The attributes.
    public var metadata: [String: SpanMetadata]
    public var logs: [SpanLog]
    public var links: [SpanLinkTo]
    /// Of the process that sent it.
    public var resource: [String: SpanMetadata]

    enum CodingKeys: String, CodingKey, CaseIterable {
      case traceID = "trace_id"
      case spanID = "span_id"
      case parentSpanID = "parent_span_id"
      case agentID = "agent_id"
      case startTime = "start_time"
      case endTime = "end_time"
      case durationMilliseconds = "duration_ms"
      case statusMessage = "status_message"
      case operation, kind, status, metadata, logs, links, resource
    }
  }

  /// Something that happened at one moment of a span.
  public struct SpanLog: Codable, Sendable, Hashable {
    public var timestamp: String
    public var message: String
    public var metadata: [String: SpanMetadata]
  }

  /// A span elsewhere that has to do with this one.
  public struct SpanLinkTo: Codable, Sendable, Hashable {
    public var traceID: String
    public var spanID: String
    public var metadata: [String: SpanMetadata]

    enum CodingKeys: String, CodingKey {
      case traceID = "trace_id"
      case spanID = "span_id"
      case metadata
    }
  }

  /// `POST /fleet/v1/spans`.
  public struct SpansTaken: Codable, Sendable, Hashable {
    public var accepted: Int
    public var rejected: Int
    /// What is wrong with those that were rejected; the first twenty.
    public var errors: [String]
    /// The ids of those that were accepted, in the order sent.
    public var spans: [SpanName]
  }

  public struct SpanName: Codable, Sendable, Hashable {
    public var traceID: String
    public var spanID: String

    enum CodingKeys: String, CodingKey {
      case traceID = "trace_id"
      case spanID = "span_id"
    }
  }

  /// `GET /fleet/v1/spans?state=active`.
  public struct OpenSpanList: Codable, Sendable, Hashable {
    /// In all, whatever the limit.
    public var total: Int
    /// The oldest first.
    public var spans: [OpenSpan]
  }

  /// A span in flight.
  public struct OpenSpan: Codable, Sendable, Hashable {
    public var traceID: String
    public var spanID: String
    @ExplicitNull public var parentSpanID: String?
    public var operation: String
    public var agentID: String
    /// `service.instance.id` of its sender.
    @ExplicitNull public var instance: String?
    public var startTime: String
    public var runningMilliseconds: Double
    /// `active`.
    public var status: String

    enum CodingKeys: String, CodingKey {
      case traceID = "trace_id"
      case spanID = "span_id"
      case parentSpanID = "parent_span_id"
      case agentID = "agent_id"
      case startTime = "start_time"
      case runningMilliseconds = "running_ms"
      case operation, instance, status
    }
  }
}

extension FleetAPI.Span {
  init(_ span: Span) {
    self.init(
      traceID: "\(span.traceID)", spanID: "\(span.spanID)",
      parentSpanID: span.parentID.map { "\($0)" }, operation: span.operation,
      agentID: span.agent, kind: "\(span.kind)", startTime: RFC3339.format(nanoseconds: span.start),
      endTime: span.end.map { RFC3339.format(nanoseconds: $0) },
      durationMilliseconds: span.duration.map { Double($0) / 1e6 }, status: span.state.name,
      statusMessage: span.statusMessage, metadata: FleetAPI.SpanMetadata.object(span.attributes),
      logs: span.events.map {
        FleetAPI.SpanLog(
          timestamp: RFC3339.format(nanoseconds: $0.time), message: $0.name,
          metadata: FleetAPI.SpanMetadata.object($0.attributes))
      },
      links: span.links.map {
        FleetAPI.SpanLinkTo(
          traceID: "\($0.traceID)", spanID: "\($0.spanID)", metadata: FleetAPI.SpanMetadata.object($0.attributes))
      }, resource: FleetAPI.SpanMetadata.object(span.resource))
  }
}

extension FleetAPI.OpenSpan {
  init(_ span: OpenSpan, now: Int64) {
    self.init(
      traceID: "\(span.key.traceID)", spanID: "\(span.key.spanID)", parentSpanID: span.parentID.map { "\($0)" },
      operation: span.operation, agentID: span.agent, instance: span.instance,
      startTime: RFC3339.format(nanoseconds: span.start),
      runningMilliseconds: max(0, Double(now) - Double(span.start)) / 1e6, status: SpanState.active.name)
  }
}

/// Bounds on the spans of one request. A span beyond one of them is refused, the others of its request are taken.
public struct SpanLimits: Sendable, Hashable {
  /// Of a request, after decompression; over it the request is refused whole.
  public var bodyBytes = 16 << 20
  /// Attributes of a span, of an event, of a link or of a resource, each.
  public var attributes = 1_000
  public var events = 10_000
  public var links = 1_000
  /// Names and text of a span with its events and links, without its resource's.
  public var spanBytes = 512 << 10
  public var operationBytes = 4 << 10
  public var agentBytes = 1 << 10
  public var resourceBytes = 64 << 10
  /// As long as spans are kept: what ended before that would be dropped at once.
  public var retention: Duration = .seconds(7 * 86_400)
  /// Clocks of agents differ; further ahead than this none can be right.
  public var maximumAhead: Duration = .seconds(86_400)

  public init() {}
}

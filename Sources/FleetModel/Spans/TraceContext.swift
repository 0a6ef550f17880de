/// The place of an operation within a trace, as it travels between agents.
///
/// Reads and writes the headers `traceparent` and `tracestate` of W3C Trace Context Level 2
/// (<https://www.w3.org/TR/trace-context-2/>). It carries a context; it records nothing.
///
/// ```swift
/// let received = TraceContext(headers: request.headers.map { ($0.name.rawName, $0.value) })
/// let mine = (received ?? .root()).child()
/// outgoing.headers.add(name: "traceparent", value: mine.traceparent)
/// ```
public struct TraceContext: Sendable, Hashable {
  /// Names the whole request; 32 lower-case hex digits, not all zero.
  public let traceID: TraceID
  /// The span that sent this context: the parent of what its receiver does.
  public let spanID: SpanID
  /// Whether the sender may have recorded this trace.
  public var isSampled: Bool
  /// Whether at least the last 7 bytes of the trace id are random.
  public var hasRandomTraceID: Bool
  /// What tracing systems along the way have added.
  public var state: TraceState

  public init(
    traceID: TraceID, spanID: SpanID, isSampled: Bool = false, hasRandomTraceID: Bool = false,
    state: TraceState = TraceState()
  ) {
    self.traceID = traceID
    self.spanID = spanID
    self.isSampled = isSampled
    self.hasRandomTraceID = hasRandomTraceID
    self.state = state
  }

  /// What a request's headers say, whatever the case of their names.
  ///
  /// - Returns: `nil` where a new trace must be started: no `traceparent`, more than one, or one that is not valid. Then
  ///   `tracestate` counts for nothing either. A `tracestate` that is not valid is dropped and the rest kept.
  public init?(headers: some Sequence<(name: String, value: String)>) {
    var parents: [String] = []
    var states: [String] = []
    for (name, value) in headers {
      switch name.lowercased() {
      case "traceparent": parents.append(value)
      case "tracestate": states.append(value)
      default: break
      }
    }
    guard parents.count == 1, let parent = parents.first else { return nil }
    self.init(traceparent: parent, tracestate: states)
  }

  /// Reads the two headers.
  ///
  /// Version `ff`, ids of zeros, capital letters and wrong lengths are refused. Version `00` ends with the flags; a later
  /// version may go on after a `-` and is read as `00`. Flags beyond the two that are known are dropped.
  ///
  /// - Parameter tracestate: the values of all `tracestate` headers in their order.
  public init?(traceparent: String, tracestate: [String] = []) {
    let bytes = Array(traceparent.utf8).trimmingWhiteSpace()
    let dash = UInt8(ascii: "-")
    guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
      let version = Hex.value(bytes[0..<2]), version != 0xff,
      let high = Hex.value(bytes[3..<19]), let low = Hex.value(bytes[19..<35]),
      let span = Hex.value(bytes[36..<52]).flatMap(SpanID.init(rawValue:)),
      let flags = Hex.value(bytes[53..<55]), let traceID = TraceID(high: high, low: low)
    else { return nil }
    if bytes.count > 55, version == 0 || bytes[55] != dash { return nil }
    self.init(
      traceID: traceID, spanID: span, isSampled: flags & 1 != 0, hasRandomTraceID: flags & 2 != 0,
      state: TraceState(headers: tracestate) ?? TraceState())
  }

  /// The start of a new trace with random ids.
  public static func root(isSampled: Bool = true, using generator: inout some RandomNumberGenerator) -> TraceContext {
    TraceContext(
      traceID: TraceID(using: &generator), spanID: SpanID(using: &generator), isSampled: isSampled,
      hasRandomTraceID: true)
  }

  /// The context for a new span within this trace: what goes out with a call.
  public func child(using generator: inout some RandomNumberGenerator) -> TraceContext {
    TraceContext(
      traceID: traceID, spanID: SpanID(using: &generator), isSampled: isSampled, hasRandomTraceID: hasRandomTraceID,
      state: state)
  }

  /// The value of the header `traceparent`, always of version `00`.
  public var traceparent: String {
    let flags: UInt64 = (isSampled ? 1 : 0) | (hasRandomTraceID ? 2 : 0)
    return "00-\(traceID)-\(spanID)-\(Hex.text(flags, digits: 2))"
  }

  /// The value of the header `tracestate`; `nil` where the header is to be left out.
  public var tracestate: String? { state.isEmpty ? nil : state.description }
}

extension BidirectionalCollection<UInt8> {
  /// Without the blanks, tabs and line ends around it; in a header's value the first two are HTTP's optional white space
  /// (RFC 9110, section 5.6.3), and the others do not occur.
  package func trimmingWhiteSpace() -> [UInt8] {
    let blank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || (0x09...0x0d).contains($0) }
    var rest = Array(self.drop(while: blank))
    while let last = rest.last, blank(last) { rest.removeLast() }
    return rest
  }
}

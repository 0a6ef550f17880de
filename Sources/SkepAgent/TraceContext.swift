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
  /// The span that sent this context: the parent of what its receiver does; never zero.
  public let spanID: UInt64
  /// Whether the sender may have recorded this trace.
  public var isSampled: Bool
  /// Whether at least the last 7 bytes of the trace id are random.
  public var hasRandomTraceID: Bool
  /// What tracing systems along the way have added.
  public var state: TraceState

  /// 128 bits, not all zero.
  public struct TraceID: Sendable, Hashable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init?(high: UInt64, low: UInt64) {
      if high == 0 && low == 0 { return nil }
      self.high = high
      self.low = low
    }

    fileprivate init(using generator: inout some RandomNumberGenerator) {
      high = generator.next()
      low = max(generator.next(), 1)
    }

    public var description: String { Hex.text(high, digits: 16) + Hex.text(low, digits: 16) }
  }

  /// - Returns: `nil` where `spanID` is zero, which names no span.
  public init?(
    traceID: TraceID, spanID: UInt64, isSampled: Bool = false, hasRandomTraceID: Bool = false,
    state: TraceState = TraceState()
  ) {
    if spanID == 0 { return nil }
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
      let high = Hex.value(bytes[3..<19]), let low = Hex.value(bytes[19..<35]), let span = Hex.value(bytes[36..<52]),
      let flags = Hex.value(bytes[53..<55]), let traceID = TraceID(high: high, low: low)
    else { return nil }
    if bytes.count > 55, version == 0 || bytes[55] != dash { return nil }
    self.init(
      traceID: traceID, spanID: span, isSampled: flags & 1 != 0, hasRandomTraceID: flags & 2 != 0,
      state: TraceState(headers: tracestate) ?? TraceState())
  }

  /// The start of a new trace with random ids.
  public static func root(isSampled: Bool = true) -> TraceContext {
    var generator = SystemRandomNumberGenerator()
    return root(isSampled: isSampled, using: &generator)
  }

  public static func root(isSampled: Bool = true, using generator: inout some RandomNumberGenerator) -> TraceContext {
    TraceContext(
      checked: TraceID(using: &generator), spanID: max(generator.next(), 1), isSampled: isSampled, isRandom: true,
      state: TraceState())
  }

  /// The context for a new span within this trace: what goes out with a call.
  public func child() -> TraceContext {
    var generator = SystemRandomNumberGenerator()
    return child(using: &generator)
  }

  public func child(using generator: inout some RandomNumberGenerator) -> TraceContext {
    TraceContext(
      checked: traceID, spanID: max(generator.next(), 1), isSampled: isSampled, isRandom: hasRandomTraceID, state: state
    )
  }

  private init(checked traceID: TraceID, spanID: UInt64, isSampled: Bool, isRandom: Bool, state: TraceState) {
    self.traceID = traceID
    self.spanID = spanID
    self.isSampled = isSampled
    hasRandomTraceID = isRandom
    self.state = state
  }

  /// The value of the header `traceparent`, always of version `00`.
  public var traceparent: String {
    let flags: UInt64 = (isSampled ? 1 : 0) | (hasRandomTraceID ? 2 : 0)
    return "00-\(traceID)-\(Hex.text(spanID, digits: 16))-\(Hex.text(flags, digits: 2))"
  }

  /// The value of the header `tracestate`; `nil` where the header is to be left out.
  public var tracestate: String? { state.isEmpty ? nil : state.description }
}

/// Lower-case hex digits, the only ones that `traceparent` allows.
enum Hex {
  static func value(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return value
  }

  static func text(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(digits - text.count, 0)) + text
  }
}

extension BidirectionalCollection<UInt8> {
  /// Without the blanks, tabs and line ends around it; in a header's value the first two are HTTP's optional white space
  /// (RFC 9110, section 5.6.3), and the others do not occur.
  func trimmingWhiteSpace() -> [UInt8] {
    let blank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || (0x09...0x0d).contains($0) }
    var rest = Array(self.drop(while: blank))
    while let last = rest.last, blank(last) { rest.removeLast() }
    return rest
  }
}

/// Names a whole request: 128 bits, not all zero. As text 32 lower-case hex digits.
///
/// W3C Trace Context Level 2, section 3.2.2.3 (<https://www.w3.org/TR/trace-context-2/#trace-id>).
public struct TraceID: Sendable, Hashable, Comparable, BitwiseCopyable, CustomStringConvertible {
  public let high: UInt64
  public let low: UInt64

  /// - Returns: `nil` where both halves are zero, which names no trace.
  @inlinable public init?(high: UInt64, low: UInt64) {
    if high == 0 && low == 0 { return nil }
    self.high = high
    self.low = low
  }

  /// - Parameter text: 32 hex digits of either case (operators paste them from anywhere); not all zero.
  public init?(_ text: some StringProtocol) {
    let digits = Array(text.utf8)
    guard digits.count == 32, let high = Hex.anyCase(digits[..<16]), let low = Hex.anyCase(digits[16...]) else {
      return nil
    }
    self.init(high: high, low: low)
  }

  public init(using generator: inout some RandomNumberGenerator) {
    high = generator.next()
    low = max(generator.next(), 1)
  }

  @inlinable public static func < (left: TraceID, right: TraceID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  public var description: String { Hex.text(high, digits: 16) + Hex.text(low, digits: 16) }
}

/// Names one span within its trace: 64 bits, not zero. As text 16 lower-case hex digits.
///
/// W3C Trace Context Level 2, section 3.2.2.4 (<https://www.w3.org/TR/trace-context-2/#parent-id>).
public struct SpanID: Sendable, Hashable, Comparable, BitwiseCopyable, CustomStringConvertible {
  public let rawValue: UInt64

  /// - Returns: `nil` for zero, which names no span.
  @inlinable public init?(rawValue: UInt64) {
    if rawValue == 0 { return nil }
    self.rawValue = rawValue
  }

  /// - Parameter text: 16 hex digits of either case; not all zero.
  public init?(_ text: some StringProtocol) {
    let digits = Array(text.utf8)
    guard digits.count == 16, let value = Hex.anyCase(digits[...]) else { return nil }
    self.init(rawValue: value)
  }

  public init(using generator: inout some RandomNumberGenerator) { rawValue = max(generator.next(), 1) }

  @inlinable public static func < (left: SpanID, right: SpanID) -> Bool { left.rawValue < right.rawValue }

  public var description: String { Hex.text(rawValue, digits: 16) }
}

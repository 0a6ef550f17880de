// Times of spans: nanoseconds since 1970-01-01T00:00:00Z in an `Int64`, which reaches from 1677 to 2262.

extension Timestamp {
  /// Nanoseconds since 1970-01-01T00:00:00Z, held within what an `Int64` can say.
  public var nanoseconds: Int64 {
    let (value, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? (milliseconds < 0 ? .min : .max) : value
  }

  /// The millisecond in which this moment lies.
  ///
  /// - Parameter nanoseconds: since 1970-01-01T00:00:00Z.
  public init(nanoseconds: Int64) {
    let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    self.init(milliseconds: remainder < 0 ? quotient - 1 : quotient)
  }
}

extension RFC3339 {
  /// `2026-11-23T01:02:03.004005006Z`, with as many threes of fraction digits as the time has, three at least.
  public static func format(nanoseconds: Int64) -> String {
    let milliseconds = Timestamp(nanoseconds: nanoseconds)
    var rest = nanoseconds.subtractingReportingOverflow(milliseconds.nanoseconds).partialValue
    var text = format(milliseconds)
    guard rest > 0 else { return text }
    text.removeLast()
    var width = 6
    if rest % 1000 == 0 {
      rest /= 1000
      width = 3
    }
    let digits = String(rest)
    return text + String(repeating: "0", count: max(width - digits.utf8.count, 0)) + digits + "Z"
  }

  /// Reads `date-time` with any offset and any number of fraction digits (those past the nanosecond are dropped); `nil` if the
  /// text is not one, or names a time that no `Int64` of nanoseconds reaches.
  public static func parseNanoseconds(_ text: String) -> Int64? {
    guard let time = parse(text) else { return nil }
    var extra: Int64 = 0
    if let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) {
      let digits = text.utf8[text.utf8.index(after: point)...].prefix { (48...57).contains($0) }.prefix(9)
      var scale: Int64 = 100_000
      for digit in digits.dropFirst(3) {
        extra += Int64(digit - 48) * scale
        scale /= 10
      }
    }
    let (whole, overflow) = time.milliseconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, carried) = whole.addingReportingOverflow(extra)
    return overflow || carried ? nil : sum
  }
}

public import FleetModel

/// What the clocks of a place show: its offsets from UTC over time, read from a file of the IANA database in the format of
/// RFC 8536 (<https://www.rfc-editor.org/rfc/rfc8536>), versions 1 to 4.
public struct TimeZoneRules: Sendable, Hashable {
  /// Seconds since 1970 at which the offset changes, rising.
  private let transitions: [Int64]
  /// Seconds east of UTC, from the transition of the same index on.
  private let offsets: [Int32]
  /// Before the first transition.
  private let initialOffset: Int32
  /// From the last transition on, where the file says so.
  private let footer: PosixTimeZone?

  public static let utc = TimeZoneRules(transitions: [], offsets: [], initialOffset: 0, footer: nil)

  init(transitions: [Int64], offsets: [Int32], initialOffset: Int32, footer: PosixTimeZone?) {
    self.transitions = transitions
    self.offsets = offsets
    self.initialOffset = initialOffset
    self.footer = footer
  }

  /// Reads the bytes of a file such as `/usr/share/zoneinfo/Europe/Berlin`.
  public init(tzif bytes: [UInt8]) throws(TimeZoneError) { self = try TZifReader.read(bytes) }

  /// How far the clocks are ahead of UTC, negative west of it. O(log transitions).
  public func offset(at time: Timestamp) -> Duration { .seconds(offsetSeconds(at: time.wholeSeconds)) }

  func offsetSeconds(at seconds: Int64) -> Int64 {
    guard let first = transitions.first, seconds >= first else {
      return transitions.isEmpty ? footer?.offsetSeconds(at: seconds) ?? Int64(initialOffset) : Int64(initialOffset)
    }
    if let last = transitions.last, seconds >= last, let footer { return footer.offsetSeconds(at: seconds) }
    var low = 0
    var high = transitions.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if transitions[middle] <= seconds { low = middle } else { high = middle }
    }
    return Int64(offsets[low])
  }
}

extension Timestamp {
  /// Seconds since 1970, rounded down.
  var wholeSeconds: Int64 {
    let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

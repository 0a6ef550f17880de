import FleetModel

/// Whether the wall clock can be believed when it says that samples are old enough to go: what one wrong look at it
/// removes, no later look brings back.
///
/// The clock is doubted once it has run ahead of the monotonic one, and at the start if it lies further beyond the newest
/// sample than samples are kept, so that nearly everything would go. It is believed again when the new time has stood for
/// an hour, or when it has gone back to where it was.
struct ClockWatch: Sendable {
  enum Verdict: Sendable, Hashable {
    case believed
    case doubted
    /// From this look on; how far ahead, in milliseconds.
    case doubtedNow(ahead: Int64)
  }

  /// Milliseconds; what clocks are usually set right by is less.
  static let tolerance: Int64 = 600_000
  static let probation: Duration = .seconds(3600)

  private struct Look: Sendable {
    var wall: Int64
    var monotonic: Duration
  }

  private var last: Look?
  /// Of what was believed, in milliseconds, while the clock is doubted.
  private var ahead: Int64 = 0
  private var doubtedUntil: Duration?

  /// - Parameters:
  ///   - wall: milliseconds.
  ///   - newest: the time of the newest stored sample in milliseconds, `nil` without samples; asked for at the first look.
  ///   - retention: milliseconds.
  mutating func look(
    wall: Int64, monotonic: Duration, newest: @autoclosure () -> Int64?, retention: Int64
  ) -> Verdict {
    defer { last = Look(wall: wall, monotonic: monotonic) }
    let jump: Int64
    if let last {
      let passed = (monotonic - last.monotonic).wholeMilliseconds
      jump = Self.difference(Self.difference(wall, last.wall), passed)
    } else {
      jump = newest().map { max(0, Self.difference(Self.difference(wall, $0), retention)) } ?? 0
    }
    let isJump = last == nil ? jump > 0 : jump > Self.tolerance
    if isJump {
      ahead = doubtedUntil == nil ? jump : ahead.addingReportingOverflow(jump).overflow ? .max : ahead + jump
      doubtedUntil = monotonic + Self.probation
      return .doubtedNow(ahead: ahead)
    }
    guard let until = doubtedUntil else { return .believed }
    if jump < -Self.tolerance { ahead = Self.difference(ahead, jump == .min ? .max : -jump) }
    if ahead <= Self.tolerance && jump < -Self.tolerance || monotonic >= until {
      doubtedUntil = nil
      ahead = 0
      return .believed
    }
    return .doubted
  }

  /// `one - other`, the nearest there is.
  private static func difference(_ one: Int64, _ other: Int64) -> Int64 {
    let (difference, overflow) = one.subtractingReportingOverflow(other)
    return overflow ? (one < 0 ? .min : .max) : difference
  }
}

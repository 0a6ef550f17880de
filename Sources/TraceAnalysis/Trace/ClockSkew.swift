import FleetModel

/// How far the clocks of a trace's processes are off, as far as its spans show it.
struct ClockSkew {
  private let windows: [Int]

  /// - Returns: `nil` where all clocks may be right.
  init?(_ spans: [SpanOutline], _ parents: [Int32]) { return nil }

  func offsets(_ spans: [SpanOutline], _ parents: [Int32], inOrder order: [Int32]) -> [Int64] { [] }

  /// A time, moved: never before 1970 nor past the last nanosecond there is, so that differences of times do not overflow.
  static func shifted(_ time: Int64, by offset: Int64) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(offset)
    return overflow ? (offset < 0 ? 0 : .max) : max(sum, 0)
  }
}

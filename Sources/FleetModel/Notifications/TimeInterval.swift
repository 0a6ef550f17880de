/// A named set of times (one entry of `time_intervals`).
public struct TimeInterval: Sendable, Hashable {
  public var name = ""
  /// Any of them.
  public var spans: [Span] = []

  public init() {}

  /// All fields that are not empty must hold.
  public struct Span: Sendable, Hashable {
    /// Minutes after midnight, the end not included.
    public var times: [Range<Int>] = []
    /// 0 is Sunday.
    public var weekdays: [ClosedRange<Int>] = []
    public var daysOfMonth: [MonthDays] = []
    /// 1 is January.
    public var months: [ClosedRange<Int>] = []
    public var years: [ClosedRange<Int>] = []
    /// A name of the IANA time zone database.
    public var location = "UTC"

    public init() {}
  }

  /// Days of a month, both ends included: from 1, negative ones from the month's end, -1 the last.
  public struct MonthDays: Sendable, Hashable {
    public var first: Int
    public var last: Int

    public init(first: Int, last: Int) {
      self.first = first
      self.last = last
    }
  }
}

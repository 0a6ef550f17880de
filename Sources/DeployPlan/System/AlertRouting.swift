public import FleetModel

/// A series that is computed from others and stored (one entry of `recording_rules`).
public struct RecordingRule: Sendable, Hashable {
  /// The name of the new series.
  public var record = ""
  /// PromQL.
  public var expression = ""
  /// `nil` takes the collection interval.
  public var interval: Duration?
  public var labels: [String: String] = [:]

  public init() {}
}

/// A node of the routing tree, with Alertmanager's meaning
/// (<https://prometheus.io/docs/alerting/latest/configuration/#route>). What is `nil` is inherited from the node above.
public struct Route: Sendable, Hashable {
  public var receiver: String?
  /// Labels to group by; `["..."]` groups by all.
  public var groupBy: [String]?
  public var groupWait: Duration?
  public var groupInterval: Duration?
  public var repeatInterval: Duration?
  /// All must hold.
  public var matchers: [LabelMatcher] = []
  /// Whether the alert is also offered to the nodes after this one.
  public var continues = false
  public var muteTimeIntervals: [String] = []
  public var activeTimeIntervals: [String] = []
  public var routes: [Route] = []

  /// What counts where no node says otherwise.
  public static let defaultGroupWait: Duration = .seconds(30)
  public static let defaultGroupInterval: Duration = .seconds(300)
  public static let defaultRepeatInterval: Duration = .seconds(4 * 3600)

  public init() {}
}

/// Keeps alerts quiet while others fire (<https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule>).
public struct InhibitRule: Sendable, Hashable {
  public var sourceMatchers: [LabelMatcher] = []
  public var targetMatchers: [LabelMatcher] = []
  /// Labels that must have the same value in both.
  public var equal: [String] = []

  public init() {}
}

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

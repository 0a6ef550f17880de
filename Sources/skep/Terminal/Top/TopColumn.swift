import ControlPlane
import FleetModel

/// What `skep top` shows of an agent, each a column to sort by.
enum TopColumn: String, CaseIterable, Sendable {
  case name
  case status
  case score
  case cpu
  case memory
  case requests
  case errors
  case latency
  case runs
  case alerts
  case instances
  case revision

  typealias Row = FleetAPI.Board.Row

  /// The letter that sorts by it; the others are reached one after the other.
  var letter: Character? {
    switch self {
    case .name: "n"
    case .cpu: "c"
    case .memory: "m"
    case .requests: "r"
    case .errors: "e"
    case .latency: "l"
    case .alerts: "a"
    default: nil
    }
  }

  var title: String {
    switch self {
    case .name: "AGENT"
    case .cpu: "CPU %"
    case .memory: "MEM %"
    case .requests: "REQ/S"
    case .errors: "ERR %"
    case .latency: "P95"
    case .instances: "UP"
    default: rawValue.uppercased()
    }
  }

  var alignment: Table.Alignment {
    switch self {
    case .name, .status, .alerts, .revision: .left
    default: .right
    }
  }

  /// The columns that stay longest where the screen is narrow come first; the name always stays.
  static let byImportance: [TopColumn] = [
    .status, .cpu, .memory, .alerts, .errors, .requests, .latency, .score, .runs, .instances, .revision,
  ]

  func cell(_ row: Row) -> ScreenCell {
    switch self {
    case .name: ScreenCell(row.agentID)
    case .status: ScreenCell(row.status.rawValue, AgentTable.color(of: row.status))
    case .score: ScreenCell("\(row.score)", row.score < 40 ? .red : row.score < 70 ? .yellow : nil)
    case .cpu: ScreenCell(Wording.decimal(row.cpu), (row.cpu ?? 0) > 80 ? .yellow : nil)
    case .memory: ScreenCell(Wording.decimal(row.memory), (row.memory ?? 0) > 85 ? .yellow : nil)
    case .requests: ScreenCell(TopFigure.rate(row.requestRate))
    case .errors: ScreenCell(Wording.decimal(row.errorRate.map { $0 * 100 }), (row.errorRate ?? 0) >= 0.05 ? .red : nil)
    case .latency: ScreenCell(TopFigure.seconds(row.p95Seconds))
    case .runs: ScreenCell("\(row.runsInFlight)")
    case .alerts: Self.alerts(row.alerts)
    case .instances:
      ScreenCell("\(row.instances.up)/\(row.instances.total)", row.instances.up < row.instances.total ? .yellow : nil)
    case .revision: ScreenCell(row.revision ?? "-")
    }
  }

  private static func alerts(_ alerts: Row.Alerts) -> ScreenCell {
    guard alerts.active > 0 else { return ScreenCell("-") }
    let worst = alerts.worst.map { " \($0.rawValue)" } ?? ""
    return ScreenCell("\(alerts.active)\(worst)", alerts.worst.flatMap(TopFigure.color))
  }
}

extension TopColumn {
  /// Whether the least comes first unless the order is reversed: names from A, and the lowest score, which is the worst.
  var isRising: Bool { self == .name || self == .revision || self == .score }

  /// `rows` in the order of this column. What is not known comes last in either direction; equals are in the order of their names.
  func sorted(_ rows: [Row], reversed: Bool) -> [Row] {
    let rises = isRising != reversed
    switch self {
    case .name, .revision:
      return Self.sorted(rows, rises: rises) { self == .name ? $0.agentID : $0.revision }
    default:
      return Self.sorted(rows, rises: rises) { number($0).flatMap { $0.isFinite ? $0 : nil } }
    }
  }

  private static func sorted<Value: Comparable>(_ rows: [Row], rises: Bool, by value: (Row) -> Value?) -> [Row] {
    rows.map { (row: $0, value: value($0)) }.sorted { left, right in
      switch (left.value, right.value) {
      case (let one?, let other?) where one != other: rises ? one < other : one > other
      case (.some, nil): true
      case (nil, .some): false
      default: left.row.agentID < right.row.agentID
      }
    }.map(\.row)
  }

  private func number(_ row: Row) -> Double? {
    switch self {
    case .name, .revision: nil
    case .status:
      switch row.status {
      case .active: 0
      case .pending: 1
      case .unhealthy: 2
      case .lost: 3
      }
    case .score: Double(row.score)
    case .cpu: row.cpu
    case .memory: row.memory
    case .requests: row.requestRate
    case .errors: row.errorRate
    case .latency: row.p95Seconds
    case .runs: Double(row.runsInFlight)
    // The worst severity first, then the number.
    case .alerts: Self.rank(row.alerts.worst) * 1e6 + min(Double(row.alerts.active), 999_999)
    // Those that lack most.
    case .instances: Double(row.instances.total) - Double(row.instances.up)
    }
  }

  private static func rank(_ severity: Severity?) -> Double {
    switch severity {
    case nil: 0
    case .info: 1
    case .warning: 2
    case .critical: 3
    case .emergency: 4
    }
  }
}

/// Figures as the narrow columns of `skep top` show them.
enum TopFigure {
  /// A second, in at most six characters up to a million million.
  static func rate(_ value: Double?) -> String {
    guard let value, value.isFinite, value >= 0 else { return "-" }
    for (size, suffix) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")] where value >= size {
      let divisor = suffix == "k" ? 1e3 : size
      return value / divisor < 1e6 ? Wording.decimal(value / divisor) + suffix : "huge"
    }
    guard value < 10 else { return Wording.decimal(value) }
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
  }

  static func seconds(_ value: Double?) -> String {
    guard let value, value.isFinite, value >= 0 else { return "-" }
    return Wording.nanoseconds(UInt64(min(value * 1e9, 1e18)))
  }

  static func color(of severity: Severity) -> Terminal.Color? {
    switch severity {
    case .info: nil
    case .warning: .yellow
    case .critical, .emergency: .red
    }
  }

  /// The time of day, `12:03:05Z`.
  static func clock(_ time: Timestamp) -> String { String(RFC3339.format(time).dropFirst(11).prefix(8)) + "Z" }
}

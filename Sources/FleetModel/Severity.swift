/// How bad an alert is; later cases are worse.
public enum Severity: String, Sendable, Hashable, CaseIterable, Codable, Comparable {
  case info, warning, critical, emergency

  public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .info: 0
    case .warning: 1
    case .critical: 2
    case .emergency: 3
    }
  }
}

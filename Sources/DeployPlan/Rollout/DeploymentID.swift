public import FleetModel

/// The name of one deployment: `deploy-20261123-204501`, the second of its start in UTC.
public struct DeploymentID: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let text: String

  /// Years outside 0000–9999 are clamped.
  public init(at time: Timestamp) {
    let digits = RFC3339.format(time).utf8.filter { (48...57).contains($0) }
    text =
      "deploy-" + String(decoding: digits.prefix(8), as: UTF8.self) + "-"
      + String(decoding: digits.dropFirst(8).prefix(6), as: UTF8.self)
  }

  /// `nil` for what is no such name.
  public init?(_ text: String) {
    guard Self.time(of: text) != nil else { return nil }
    self.text = text
  }

  /// When it started, to the second.
  public var time: Timestamp { Self.time(of: text) ?? Timestamp(milliseconds: 0) }

  public var description: String { text }

  /// The later one is the greater.
  public static func < (left: DeploymentID, right: DeploymentID) -> Bool { left.text < right.text }

  private static func time(of text: String) -> Timestamp? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "deploy", parts[1].utf8.count == 8, parts[2].utf8.count == 6 else { return nil }
    guard (parts[1] + parts[2]).utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    let date = "\(parts[1].prefix(4))-\(parts[1].dropFirst(4).prefix(2))-\(parts[1].suffix(2))"
    let time = "\(parts[2].prefix(2)):\(parts[2].dropFirst(2).prefix(2)):\(parts[2].suffix(2))"
    return RFC3339.parse("\(date)T\(time)Z")
  }
}

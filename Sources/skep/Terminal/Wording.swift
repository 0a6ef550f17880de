import FleetModel
import Platform

/// Numbers and times as people read them in a table.
enum Wording {
  static var now: Timestamp { SystemTime().now() }

  /// `4s`, `3m12s`, `5h03m`, `2d4h`.
  static func age(_ seconds: Double?) -> String {
    guard let seconds, seconds.isFinite else { return "-" }
    let whole = Int(min(max(0, seconds), 1e9))
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    switch whole {
    case ..<60: return "\(whole)s"
    case ..<3600: return "\(whole / 60)m\(two(whole % 60))s"
    case ..<86_400: return "\(whole / 3600)h\(two(whole / 60 % 60))m"
    default: return "\(whole / 86_400)d\(whole / 3600 % 24)h"
    }
  }

  /// One digit behind the point.
  static func decimal(_ value: Double?) -> String {
    guard let value else { return "-" }
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }

  /// `512 B`, `1.5 KiB`, `12.0 MiB`.
  static func bytes(_ count: UInt64) -> String {
    if count < 1024 { return "\(count) B" }
    var value = Double(count) / 1024
    for unit in ["KiB", "MiB", "GiB"] {
      if value < 1023.95 { return "\(decimal(value)) \(unit)" }
      value /= 1024
    }
    return "\(decimal(value)) TiB"
  }

  /// `1,234,567`.
  static func count(_ value: UInt64) -> String {
    let digits = Array("\(value)")
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }

  static func count(_ value: Int) -> String { count(UInt64(max(0, value))) }

  static func percent(_ value: Double?) -> String { value.map { decimal($0) + " %" } ?? "-" }
}

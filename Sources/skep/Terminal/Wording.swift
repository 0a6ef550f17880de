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

extension Wording {
  /// `850 ns`, `12.3 µs`, `4.56 ms`, `1.23 s`, `2m05s`: three digits, or whole seconds from a minute on.
  static func nanoseconds(_ count: UInt64) -> String {
    if count < 1000 { return "\(count) ns" }
    for (unit, size) in [("µs", UInt64(1000)), ("ms", 1_000_000), ("s", 1_000_000_000)] {
      for (digits, step) in [(2, size / 100), (1, size / 10), (0, size)] {
        let rounded = count / step + (count % step * 2 >= step ? 1 : 0)
        guard rounded < 1000 else { continue }
        // From a minute on minutes are easier to read.
        if unit == "s", count >= 60_000_000_000 { break }
        return fraction(rounded, digits: digits) + " " + unit
      }
    }
    return age(Double(count) / 1e9)
  }

  private static func fraction(_ value: UInt64, digits: Int) -> String {
    guard digits > 0 else { return "\(value)" }
    let text = "\(value)"
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return padded.dropLast(digits) + "." + padded.suffix(digits)
  }
}

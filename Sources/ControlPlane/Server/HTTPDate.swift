import FleetModel
import Synchronization

/// Times as HTTP headers write them (RFC 9110, section 5.6.7).
enum HTTPDate {
  /// `Mon, 23 Nov 2026 01:02:03 GMT`.
  static func format(_ time: Timestamp) -> String {
    let days = Int((Double(time.milliseconds) / 86_400_000).rounded(.down))
    // 1970-01-01 was a Thursday.
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][((days % 7) + 7) % 7]
    let text = RFC3339.format(time)
    let parts = text.prefix(10).split(separator: "-")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard parts.count == 3, let month = Int(parts[1]), months.indices.contains(month - 1) else { return text }
    return "\(weekday), \(parts[2]) \(months[month - 1]) \(parts[0]) \(text.dropFirst(11).prefix(8)) GMT"
  }
}

/// The text of the latest second, which all answers of that second share.
final class HTTPDateMemory: Sendable {
  private let latest = Mutex<(second: Int64, text: String)>((.min, ""))

  func format(_ time: Timestamp) -> String {
    let second = time.milliseconds / 1000
    return latest.withLock { latest in
      if latest.second != second { latest = (second, HTTPDate.format(time)) }
      return latest.text
    }
  }
}

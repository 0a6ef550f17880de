public import FleetModel

/// The header `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date in the form that all senders must use.
public enum RetryAfter {
  /// - Returns: how long to wait from `now` on; `nil` if the text is neither form.
  public static func parse(_ text: String, at now: Timestamp) -> Duration? {
    if let seconds = UInt32(text) { return .seconds(Int64(seconds)) }
    // `Sun, 06 Nov 1994 08:49:37 GMT`
    let parts = text.split(separator: " ")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else { return nil }
    let monthText = month < 9 ? "0\(month + 1)" : "\(month + 1)"
    guard let time = RFC3339.parse("\(parts[3])-\(monthText)-\(parts[1])T\(parts[4])Z") else { return nil }
    return max(time - now, .zero)
  }
}

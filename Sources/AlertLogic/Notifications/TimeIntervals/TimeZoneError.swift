/// Why the bytes of a time zone file cannot be taken.
public enum TimeZoneError: Error, Sendable, Hashable, CustomStringConvertible {
  case notATimeZoneFile
  case truncated
  case inconsistent(String)
  case invalidFooter(String)

  public var description: String {
    switch self {
    case .notATimeZoneFile: "not a time zone file (it must begin with \"TZif\", RFC 8536)"
    case .truncated: "the time zone file ends too early"
    case .inconsistent(let what): "the time zone file contradicts itself: \(what)"
    case .invalidFooter(let text): "the time zone file ends with \"\(text)\", which is no POSIX time zone"
    }
  }
}

/// The list of `key=value` members that tracing systems hand along with a trace, the most recent first.
///
/// W3C Trace Context Level 2, section 3.3 (<https://www.w3.org/TR/trace-context-2/#tracestate-header>).
public struct TraceState: Sendable, Hashable, CustomStringConvertible {
  public static let maximumMembers = 32

  public struct Member: Sendable, Hashable {
    public let key: String
    public let value: String
  }

  public private(set) var members: [Member]

  public init() { members = [] }

  /// Reads the values of all `tracestate` headers in their order.
  ///
  /// Empty members are skipped; of two members with one key the first, the more recent one, counts.
  ///
  /// - Returns: `nil` where a member is not valid or there are more than ``maximumMembers``: such a list is dropped whole.
  public init?(headers: [String]) {
    members = []
    var count = 0
    for header in headers {
      for member in header.utf8.split(separator: UInt8(ascii: ",")) {
        let bytes = member.trimmingWhiteSpace()
        if bytes.isEmpty { continue }
        count += 1
        guard count <= Self.maximumMembers, let equals = bytes.firstIndex(of: UInt8(ascii: "=")),
          Self.isKey(bytes[..<equals]), Self.isValue(bytes[(equals + 1)...])
        else { return nil }
        let key = String(decoding: bytes[..<equals], as: UTF8.self)
        if self[key] == nil {
          members.append(Member(key: key, value: String(decoding: bytes[(equals + 1)...], as: UTF8.self)))
        }
      }
    }
  }

  public var isEmpty: Bool { members.isEmpty }

  public subscript(key: String) -> String? { members.first { $0.key == key }?.value }

  /// Puts a member in front, as whoever takes part in a trace must; the oldest goes when the list is full.
  ///
  /// - Returns: `false`, and nothing changed, where the key or the value is not valid.
  @discardableResult
  public mutating func set(_ key: String, to value: String) -> Bool {
    guard Self.isKey(Array(key.utf8)[...]), Self.isValue(Array(value.utf8)[...]) else { return false }
    members.removeAll { $0.key == key }
    members.insert(Member(key: key, value: value), at: 0)
    if members.count > Self.maximumMembers { members.removeLast() }
    return true
  }

  public var description: String { members.map { "\($0.key)=\($0.value)" }.joined(separator: ",") }

  /// A lower-case letter or digit, then up to 255 of those and `_-*/@`.
  private static func isKey(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard (1...256).contains(bytes.count), let first = bytes.first, isAlphanumeric(first) else { return false }
    return bytes.allSatisfy { isAlphanumeric($0) || "_-*/@".utf8.contains($0) }
  }

  /// Up to 256 printable ASCII characters but `,` and `=`, the last not a blank.
  private static func isValue(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard (1...256).contains(bytes.count), bytes.last != UInt8(ascii: " ") else { return false }
    return bytes.allSatisfy { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=") }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

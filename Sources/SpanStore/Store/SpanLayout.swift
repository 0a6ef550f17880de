import SystemPackage

/// The names of the files in a store's directory.
///
/// ```
/// log-SEQUENCE              what the head of that number was given; gone once its segment is there
/// segment-FIRST-LAST        the spans of the heads of these numbers
/// *.new                     a segment that is being written; swept away at the next start
/// *.damaged                 set aside: it could not be read, or not all of it
/// ```
/// Numbers are 16 hex digits. A segment whose numbers lie within those of another was merged into it.
struct SpanLayout: Sendable {
  let directory: FilePath

  static let newSuffix = ".new"
  static let damagedSuffix = ".damaged"

  func log(_ sequence: UInt64) -> FilePath { directory.appending("log-\(Self.digits(sequence))") }

  func segment(_ sequences: ClosedRange<UInt64>) -> FilePath {
    directory.appending("segment-\(Self.digits(sequences.lowerBound))-\(Self.digits(sequences.upperBound))")
  }

  static func appending(_ suffix: String, to path: FilePath) -> FilePath { FilePath(path.string + suffix) }

  enum Entry: Hashable {
    case log(UInt64)
    case segment(ClosedRange<UInt64>)
    case unfinished
    case other
  }

  static func entry(_ name: String) -> Entry {
    if name.hasSuffix(newSuffix) { return .unfinished }
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    if parts.count == 2, parts[0] == "log", let number = number(parts[1]) { return .log(number) }
    if parts.count == 3, parts[0] == "segment", let first = number(parts[1]), let last = number(parts[2]), first <= last
    {
      return .segment(first...last)
    }
    return .other
  }

  private static func digits(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  private static func number(_ text: Substring) -> UInt64? { text.utf8.count == 16 ? UInt64(text, radix: 16) : nil }
}

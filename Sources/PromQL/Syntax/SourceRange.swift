/// A part of a query's text, in bytes of its UTF-8 from 0; `end` is the first byte after it.
public struct SourceRange: Hashable, Sendable {
  public var start: Int
  public var end: Int

  public init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }

  /// From the start of this range to the end of `other`.
  func through(_ other: SourceRange) -> SourceRange { SourceRange(start, max(end, other.end)) }

  /// Line and column of the start, both from 1, the column in bytes: `1:5`, as Prometheus names places; an empty query
  /// has none.
  public func place(in query: String) -> String {
    if query.isEmpty { return "unknown position" }
    var line = 1
    var column = 1
    for byte in query.utf8.prefix(start) {
      if byte == 0x0a {
        line += 1
        column = 1
      } else {
        column += 1
      }
    }
    return "\(line):\(column)"
  }
}

extension SourceRange {
  /// Line and column of the start, both from 1, the column in characters: as editors count.
  public func characterPlace(in query: String) -> (line: Int, column: Int) {
    let before = String(decoding: query.utf8.prefix(start), as: UTF8.self)
    let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
    return (lines.count, (lines.last?.unicodeScalars.count ?? 0) + 1)
  }
}

/// A text that is no query, or one whose parts do not fit together.
///
/// Printed as Prometheus does: `1:5: parse error: unexpected end of input`.
public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
  public var range: SourceRange
  /// Lower case, without full stop; says what was expected where that is known.
  public var message: String
  /// `1:5`, within the query.
  public var place: String

  init(_ message: String, at range: SourceRange, in query: String) {
    self.range = range
    self.message = message
    place = range.place(in: query)
  }

  public var description: String { "\(place): parse error: \(message)" }
}

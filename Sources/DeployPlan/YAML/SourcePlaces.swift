/// Where the values of a YAML document stand in its text.
public struct SourcePlaces: Sendable {
  private let scalars: [Unicode.Scalar]
  /// Where each line begins in `scalars`.
  private let lines: [Int]
  private let places: [String: YAMLTree.Place]

  public init(text: String, places: [String: YAMLTree.Place]) {
    // A byte order mark is no part of the first line.
    scalars = Array(text.unicodeScalars.drop { $0 == "\u{FEFF}" })
    var lines = [0]
    for (index, scalar) in scalars.enumerated() where scalar == "\n" { lines.append(index + 1) }
    self.lines = lines
    self.places = places
  }

  /// Line and column of the value at `path`, both from 1; `nil` if there is none.
  public subscript(path: String) -> (line: Int, column: Int)? { places[path].map { ($0.line, $0.column) } }

  /// Where the byte `offset` of `value`, the text at `path`, stands in the file: on its line within a block or behind a
  /// quote. The place of the value itself where that cannot be told. O(text up to there).
  public func place(of offset: Int, in value: String, at path: String) -> (line: Int, column: Int)? {
    guard let named = places[path] else { return nil }
    let start = (named.line, named.column)
    guard named.line >= 1, named.line <= lines.count else { return start }
    var position = lines[named.line - 1] + named.column - 1
    guard scalars.indices.contains(position) else { return start }
    let style = scalars[position]
    if style == "|" || style == ">" {
      while position < scalars.count, scalars[position] != "\n" { position += 1 }
    } else if style == "\"" || style == "'" {
      position += 1
    }
    var passed = 0
    for scalar in value.unicodeScalars {
      let isLast = passed >= offset
      // Blanks are folded, indentation is cut: they are passed over on both sides.
      if Self.isBlank(scalar) {
        if isLast { break }
        passed += UTF8.width(scalar)
        continue
      }
      while position < scalars.count, Self.isBlank(scalars[position]) { position += 1 }
      // `\"` and `''` stand for one character.
      if style == "\"" || style == "'", position + 1 < scalars.count, scalars[position] == (style == "'" ? "'" : "\\"),
        scalars[position + 1] == scalar
      {
        position += 1
      }
      guard position < scalars.count, scalars[position] == scalar else { return start }
      if isLast { break }
      passed += UTF8.width(scalar)
      position += 1
    }
    return place(at: position)
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\n" || scalar == "\r" || scalar == "\t"
  }

  private func place(at position: Int) -> (line: Int, column: Int) {
    var low = 0
    var high = lines.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lines[middle] <= position { low = middle } else { high = middle }
    }
    return (low + 1, position - lines[low] + 1)
  }
}

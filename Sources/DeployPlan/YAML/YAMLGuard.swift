import FleetModel

/// Refuses, before anything is parsed, what a parser should not be fed: too much text, bytes that are no UTF-8, and
/// collections as keys, whose hashing takes exponential time when they are made of aliases.
enum YAMLGuard {
  /// The longest text that is read, in bytes.
  static let maximumBytes = 4 << 20

  static func sizeProblem(bytes: Int, maximumBytes: Int = maximumBytes) -> Diagnostic? {
    guard bytes > maximumBytes else { return nil }
    return Diagnostic(
      message: "has \(bytes) bytes; at most \(maximumBytes) (\(maximumBytes >> 20) MiB) are read",
      mend: "split the file or shorten it")
  }

  /// The text of `bytes`, without a byte order mark.
  static func text(of bytes: [UInt8], maximumBytes: Int = maximumBytes) -> Result<String, Diagnostic> {
    if let problem = sizeProblem(bytes: bytes.count, maximumBytes: maximumBytes) { return .failure(problem) }
    let mend = "save the file as UTF-8"
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
      return .failure(Diagnostic(line: 1, column: 1, message: "is UTF-16, not UTF-8", mend: mend))
    }
    if let text = String(validating: bytes, as: UTF8.self) { return .success(text) }
    // The longest valid prefix ends where the first repaired character begins.
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var place = YAMLTree.Place(line: 1, column: 1)
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      if scalar == "\n" {
        place = YAMLTree.Place(line: place.line + 1, column: 1)
      } else {
        place.column += 1
      }
    }
    return .failure(
      Diagnostic(line: place.line, column: place.column, message: "a byte sequence here is no UTF-8", mend: mend))
  }

  /// A key that is a collection with an alias in it, an alias, or an explicit `? key`, in a text that has anchors.
  ///
  /// Works on the lines, not on the grammar: it may refuse a line of text that only looks like one, and never passes
  /// one by.
  static func complexKey(in text: String) -> Diagnostic? {
    let bytes = Array(text.utf8)
    let anchors = anchorNames(bytes[...])
    guard !anchors.isEmpty else { return nil }
    for line in bytes.split(omittingEmptySubsequences: false, whereSeparator: { $0 == 10 || $0 == 13 }) {
      guard let column = complexKeyColumn(in: line, anchors) else { continue }
      let breaks = bytes[..<line.startIndex].reduce(into: (count: 1, last: UInt8(0))) { state, byte in
        if byte == 10 && state.last != 13 || byte == 13 { state.count += 1 }
        state.last = byte
      }
      return Diagnostic(
        line: breaks.count, column: column, message: "a list, a mapping or an alias cannot be a key",
        mend: "use a plain word as the key")
    }
    return nil
  }

  /// All that may be anchors: text that merely looks like an alias, such as `*bold*`, names none of them.
  private static func anchorNames(_ bytes: ArraySlice<UInt8>) -> Set<ArraySlice<UInt8>> {
    var names: Set<ArraySlice<UInt8>> = []
    var index = bytes.startIndex
    while let mark = bytes[index...].firstIndex(of: UInt8(ascii: "&")) {
      let name = bytes[(mark + 1)...].prefix(while: isNameByte)
      if !name.isEmpty { names.insert(name) }
      index = mark + 1
    }
    return names
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

  private static func complexKeyColumn(in line: ArraySlice<UInt8>, _ anchors: Set<ArraySlice<UInt8>>) -> Int? {
    var lastSolid: UInt8?
    var seenAlias = false
    var index = line.startIndex
    while index < line.endIndex {
      let byte = line[index]
      if byte == UInt8(ascii: "?"), index + 1 == line.endIndex || isBlank(line[index + 1]),
        lastSolid == nil || "-[{,?:".utf8.contains(lastSolid ?? 0)
      {
        return index - line.startIndex + 1
      }
      let name: ArraySlice<UInt8> = byte == UInt8(ascii: "*") ? line[(index + 1)...].prefix(while: isNameByte) : []
      if anchors.contains(name) {
        seenAlias = true
        if line[name.endIndex...].drop(while: isBlank).first == UInt8(ascii: ":") { return index - line.startIndex + 1 }
      }
      if seenAlias, byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}"),
        line[(index + 1)...].drop(while: isBlank).first == UInt8(ascii: ":")
      {
        return index - line.startIndex + 1
      }
      if !isBlank(byte) { lastSolid = byte }
      index += 1
    }
    return nil
  }
}

/// Reads JSON (RFC 8259) from bytes, value by value, without building a tree and without recursion.
struct JSONCursor {
  /// A string between its quotes, checked, still escaped.
  struct Text {
    var range: Range<Int>
    var isEscaped: Bool
  }

  static let maximumDepth = 512

  let base: UnsafePointer<UInt8>
  let count: Int
  var position = 0

  init(_ body: UnsafeBufferPointer<UInt8>) {
    // An empty body may have no address; nothing is ever read through this one then.
    base = body.baseAddress ?? UnsafePointer(bitPattern: 1)!
    count = body.count
    if body.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
  }

  func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  /// The next byte behind blanks, -1 at the end.
  mutating func peek() -> Int {
    while position < count {
      let byte = base[position]
      if byte != 32, byte != newline, byte != 13, byte != 9 { return Int(byte) }
      position += 1
    }
    return -1
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek() == Int(character.value) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar, _ place: String) throws(ExpositionFault) {
    guard take(character) else { throw fault("expected \"\(character)\" \(place), got \(described())") }
  }

  func fault(_ message: String) -> ExpositionFault { ExpositionFault(offset: position, message: message) }

  func described() -> String {
    position >= count ? "the end of the body" : quoted(UnsafeBufferPointer(start: base + position, count: 1))
  }

  /// What kind of value comes next, for messages.
  mutating func kind() -> String {
    switch peek() {
    case 34: "a string"
    case 123: "an object"
    case 91: "an array"
    case 116, 102: "a boolean"
    case 110: "null"
    case 45, 48...57: "a number"
    default: described()
    }
  }

  mutating func string(_ what: @autoclosure () -> String) throws(ExpositionFault) -> Text {
    guard peek() == 34 else { throw fault("expected \(what()) as a string, got \(kind())") }
    let start = position + 1
    var index = start
    var isEscaped = false
    while index < count, base[index] != 34 {
      if base[index] < 32 {
        throw ExpositionFault(offset: index, message: "a control character in a string must be written as \\uXXXX")
      }
      if base[index] == 92 {
        isEscaped = true
        index = try checkEscape(at: index)
      } else {
        index += 1
      }
    }
    guard index < count else { throw fault("this string has no end") }
    guard isValidUTF8(bytes(start..<index)) else { throw fault("this string is not valid UTF-8") }
    position = index + 1
    return Text(range: start..<index, isEscaped: isEscaped)
  }

  /// - Returns: the place behind the escape.
  private func checkEscape(at index: Int) throws(ExpositionFault) -> Int {
    guard index + 1 < count else { throw ExpositionFault(offset: index, message: "this escape has no end") }
    switch base[index + 1] {
    case 34, 92, 47, 98, 102, 110, 114, 116: return index + 2
    case 117:
      guard let unit = hex(at: index + 2) else {
        throw ExpositionFault(offset: index, message: "\\u needs four hexadecimal digits")
      }
      if unit & 0xf800 != 0xd800 { return index + 6 }
      guard unit < 0xdc00, index + 7 < count, base[index + 6] == 92, base[index + 7] == 117,
        let low = hex(at: index + 8), low & 0xfc00 == 0xdc00
      else { throw ExpositionFault(offset: index, message: "half of a surrogate pair; write both halves") }
      return index + 12
    default: throw ExpositionFault(offset: index, message: "unknown escape; a backslash is written \\\\")
    }
  }

  private func hex(at index: Int) -> UInt32? {
    guard index + 4 <= count else { return nil }
    var value: UInt32 = 0
    for byte in bytes(index..<index + 4) {
      switch byte {
      case 48...57: value = value << 4 | UInt32(byte - 48)
      case 65...70, 97...102: value = value << 4 | UInt32((byte | 0x20) - 87)
      default: return nil
      }
    }
    return value
  }

  /// The characters of a checked string.
  func decode(_ text: Text, into output: inout [UInt8]) {
    guard text.isEscaped else { return output.append(contentsOf: bytes(text.range)) }
    var index = text.range.lowerBound
    while index < text.range.upperBound {
      let byte = base[index]
      if byte != 92 {
        output.append(byte)
        index += 1
        continue
      }
      switch base[index + 1] {
      case 98: output.append(8)
      case 102: output.append(12)
      case 110: output.append(newline)
      case 114: output.append(13)
      case 116: output.append(9)
      case 117:
        var unit = hex(at: index + 2) ?? 0xfffd
        index += 4
        if unit & 0xf800 == 0xd800 {
          unit = 0x10000 + (unit & 0x3ff) << 10 + ((hex(at: index + 4) ?? 0) & 0x3ff)
          index += 6
        }
        output.append(contentsOf: String(Unicode.Scalar(unit) ?? "\u{fffd}").utf8)
      case let character: output.append(character)
      }
      index += 2
    }
  }

  func string(_ text: Text) -> String {
    var decoded: [UInt8] = []
    decode(text, into: &decoded)
    return String(decoding: decoded, as: UTF8.self)
  }

  func isEqual(_ text: Text, _ word: StaticString) -> Bool {
    guard !text.isEscaped else { return string(text) == "\(word)" }
    guard text.range.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<text.range.count where base[text.range.lowerBound + index] != word.utf8Start[index] {
      return false
    }
    return true
  }

  mutating func number() throws(ExpositionFault) -> Double {
    _ = peek()
    let start = position
    let end = try numberEnd()
    var at = start
    if let value = FloatText.scan(base, from: &at, limit: end), at == end {
      position = end
      return value
    }
    guard let value = try? FloatText.parse(bytes(start..<end)) else {
      throw fault("the number \(quoted(bytes(start..<end))) is beyond the range of a 64-bit float")
    }
    position = end
    return value
  }

  /// Where the number at `position` ends, by JSON's grammar.
  private func numberEnd() throws(ExpositionFault) -> Int {
    var index = position
    func digits() -> Int {
      let start = index
      while index < count, base[index] &- 48 <= 9 { index += 1 }
      return index - start
    }
    if index < count, base[index] == 45 { index += 1 }
    let leading = index
    let whole = digits()
    guard whole > 0 else { throw fault("expected a number, got \(described())") }
    if whole > 1, base[leading] == 48 { throw fault("a number must not start with 0") }
    if index < count, base[index] == 46 {
      index += 1
      guard digits() > 0 else { throw fault("a number needs a digit behind its point") }
    }
    if index < count, base[index] | 0x20 == 101 {
      index += 1
      if index < count, base[index] == 43 || base[index] == 45 { index += 1 }
      guard digits() > 0 else { throw fault("a number needs a digit in its exponent") }
    }
    return index
  }

  /// Passes over one value of any kind.
  mutating func skip() throws(ExpositionFault) {
    var open: [Bool] = []  // true: object
    repeat {
      switch peek() {
      case 123, 91:
        let isObject = base[position] == 123
        position += 1
        guard open.count < Self.maximumDepth else {
          throw fault("more than \(Self.maximumDepth) levels of objects and arrays")
        }
        open.append(isObject)
        if take(isObject ? "}" : "]") {
          open.removeLast()
        } else {
          if isObject { try key() }
          continue
        }
      case 34: _ = try string("a value")
      case 45, 48...57: position = try numberEnd()
      default: try literal()
      }
      try closeAndSeparate(&open)
    } while !open.isEmpty
  }

  /// Behind a value: closes what ends here, and moves to the next value of what stays open.
  private mutating func closeAndSeparate(_ open: inout [Bool]) throws(ExpositionFault) {
    while let isObject = open.last {
      if take(",") {
        if isObject { try key() }
        return
      }
      guard take(isObject ? "}" : "]") else {
        throw fault("expected \",\" or \"\(isObject ? "}" : "]")\", got \(described())")
      }
      open.removeLast()
    }
  }

  private mutating func key() throws(ExpositionFault) {
    _ = try string("a key")
    try expect(":", "behind the key")
  }

  private mutating func literal() throws(ExpositionFault) {
    for word: StaticString in ["true", "false", "null"] {
      let size = word.utf8CodeUnitCount
      if position + size <= count, (0..<size).allSatisfy({ base[position + $0] == word.utf8Start[$0] }) {
        position += size
        return
      }
    }
    throw fault("expected a value, got \(described())")
  }
}

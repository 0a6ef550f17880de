/// Cuts a template into words, in Go's way (<https://pkg.go.dev/text/template>): text as it is up to `{{`, words within.
///
/// A word that is none ends the text: the last token before the end is then the failure.
struct TemplateLexer {
  private let input: [UInt8]
  private var position = 0
  private var start = 0
  private var parenthesisDepth = 0
  private var tokens: [TemplateToken] = []
  /// Of ``countedTo``.
  private var line = 1
  private var countedTo = 0

  static func tokens(of text: String) -> [TemplateToken] {
    var lexer = TemplateLexer(text)
    lexer.run()
    return lexer.tokens
  }

  private init(_ text: String) { input = Array(text.utf8) }

  private mutating func run() {
    while let action = nextText() {
      guard action else { continue }
      parenthesisDepth = 0
      while true {
        guard let isInside = nextInAction() else { return emit(.end) }
        if !isInside { break }
      }
    }
    emit(.end)
  }

  // MARK: Reading

  private func byte(_ offset: Int = 0) -> UInt8? {
    let index = position + offset
    return index < input.count ? input[index] : nil
  }

  private func starts(with word: StaticString, at place: Int) -> Bool {
    guard place >= 0, place + word.utf8CodeUnitCount <= input.count else { return false }
    return word.withUTF8Buffer { bytes in bytes.indices.allSatisfy { input[place + $0] == bytes[$0] } }
  }

  /// The scalar at `place` and how many bytes it takes.
  private func scalar(at place: Int) -> (scalar: Unicode.Scalar, width: Int)? {
    guard place < input.count else { return nil }
    if input[place] < 0x80 { return (Unicode.Scalar(input[place]), 1) }
    var decoder = Unicode.UTF8.ForwardParser()
    var bytes = input[place..<min(place + 4, input.count)].makeIterator()
    guard case .valid(let encoded) = decoder.parseScalar(from: &bytes) else { return ("\u{fffd}", 1) }
    return (Unicode.UTF8.decode(encoded), encoded.count)
  }

  private static func isSpace(_ byte: UInt8?) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a
  }

  private static func isWord(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar else { return false }
    return scalar == "_" || GoQuoting.isLetter(scalar) || GoQuoting.isDigit(scalar)
  }

  // MARK: Tokens

  private mutating func emit(_ kind: TemplateToken.Kind) {
    let text = String(decoding: input[start..<position], as: UTF8.self)
    tokens.append(.init(kind: kind, position: start, text: text, line: lineOfStart()))
    start = position
  }

  private mutating func fail(_ problem: String) -> Bool? {
    tokens.append(.init(kind: .failure, position: start, text: problem, line: lineOfStart()))
    position = input.count
    start = position
    return nil
  }

  private mutating func lineOfStart() -> Int {
    while countedTo < start {
      if input[countedTo] == 0x0a { line += 1 }
      countedTo += 1
    }
    return line
  }

  private mutating func drop() { start = position }

  // MARK: Text and comments

  /// Takes text up to an action (returns true behind its delimiter) or a comment (false, behind it). `nil` at the end.
  private mutating func nextText() -> Bool? {
    var open = position
    while open < input.count, !starts(with: "{{", at: open) { open += 1 }
    guard open < input.count else {
      position = input.count
      if position > start { emit(.text) }
      return nil
    }
    let trims = input.count > open + 3 && input[open + 2] == UInt8(ascii: "-") && Self.isSpace(input[open + 3])
    position = open
    if trims { while position > start, Self.isSpace(input[position - 1]) { position -= 1 } }
    if position > start { emit(.text) }
    position = open
    drop()
    position = open + 2
    let behindMarker = position + (trims ? 2 : 0)
    if starts(with: "/*", at: behindMarker) {
      position = behindMarker
      drop()
      return comment()
    }
    emit(.leftDelimiter)
    position = behindMarker
    drop()
    return true
  }

  private mutating func comment() -> Bool? {
    position += 2
    while position < input.count, !starts(with: "*/", at: position) { position += 1 }
    guard position < input.count else { return fail("unclosed comment") }
    position += 2
    guard let trims = rightDelimiter() else { return fail("comment ends before closing delimiter") }
    skipRightDelimiter(trims)
    return false
  }

  /// Whether `}}` is next and whether it trims; `nil` where it is not next.
  private func rightDelimiter() -> Bool? {
    if Self.isSpace(byte()), byte(1) == UInt8(ascii: "-"), starts(with: "}}", at: position + 2) { return true }
    return starts(with: "}}", at: position) ? false : nil
  }

  private mutating func skipRightDelimiter(_ trims: Bool) {
    position += trims ? 4 : 2
    if trims { while Self.isSpace(byte()) { position += 1 } }
    drop()
  }

  // MARK: Within an action

  /// Takes one word; false behind the closing delimiter, `nil` behind a failure.
  private mutating func nextInAction() -> Bool? {
    if let trims = rightDelimiter() {
      guard parenthesisDepth == 0 else { return fail("unclosed left paren") }
      if trims { position += 2 }
      drop()
      position += 2
      emit(.rightDelimiter)
      if trims { while Self.isSpace(byte()) { position += 1 } }
      drop()
      return false
    }
    guard let (scalar, width) = scalar(at: position) else { return fail("unclosed action") }
    if Self.isSpace(byte()) {
      takeSpace()
      return true
    }
    switch scalar {
    case "=": return take(.assign, width)
    case ":":
      guard byte(1) == UInt8(ascii: "=") else { return fail("expected :=") }
      return take(.declare, 2)
    case "|": return take(.pipe, width)
    case "\"": return quoted(by: UInt8(ascii: "\""), .string, "unterminated quoted string")
    case "'": return quoted(by: UInt8(ascii: "'"), .characterConstant, "unterminated character constant")
    case "`":
      position += 1
      while let next = byte(), next != UInt8(ascii: "`") { position += 1 }
      guard byte() != nil else { return fail("unterminated raw quoted string") }
      return take(.rawString, 1)
    case "$": return fieldOrVariable(.variable)
    case ".":
      if let next = byte(1), next < 0x30 || next > 0x39 { return fieldOrVariable(.field) }
      return number()
    case "+", "-", "0"..."9": return number()
    case "(":
      parenthesisDepth += 1
      return take(.leftParenthesis, width)
    case ")":
      parenthesisDepth -= 1
      guard parenthesisDepth >= 0 else { return fail("unexpected right paren") }
      return take(.rightParenthesis, width)
    default:
      if Self.isWord(scalar) { return identifier() }
      if scalar.value > 0x20, scalar.value < 0x7f { return take(.character, width) }
      return fail("unrecognized character in action: \(GoQuoting.codePoint(scalar))")
    }
  }

  private mutating func take(_ kind: TemplateToken.Kind, _ width: Int) -> Bool {
    position += width
    emit(kind)
    return true
  }

  /// Spaces, but not the one that belongs to a closing ` -}}`.
  private mutating func takeSpace() {
    while Self.isSpace(byte()), rightDelimiter() == nil { position += 1 }
    if position > start { emit(.space) }
  }

  private mutating func quoted(by mark: UInt8, _ kind: TemplateToken.Kind, _ problem: String) -> Bool? {
    position += 1
    while let next = byte(), next != 0x0a {
      position += 1
      if next == mark {
        emit(kind)
        return true
      }
      if next == UInt8(ascii: "\\") {
        guard let escaped = byte(), escaped != 0x0a else { break }
        position += 1
      }
    }
    return fail(problem)
  }

  private func isAtTerminator() -> Bool {
    guard let next = byte() else { return true }
    if Self.isSpace(next) || starts(with: "}}", at: position) { return true }
    return ".,|:)(".utf8.contains(next)
  }

  private mutating func takeWord() {
    while let (scalar, width) = scalar(at: position), Self.isWord(scalar) { position += width }
  }

  private mutating func badCharacter() -> Bool? {
    fail("bad character \(GoQuoting.codePoint(scalar(at: position)?.scalar ?? "\u{fffd}"))")
  }

  private mutating func identifier() -> Bool? {
    takeWord()
    guard isAtTerminator() else { return badCharacter() }
    let word = String(decoding: input[start..<position], as: UTF8.self)
    if let keyword = TemplateToken.Keyword(rawValue: word) {
      emit(.keyword(keyword))
    } else {
      emit(word == "true" || word == "false" ? .bool : .identifier)
    }
    return true
  }

  private mutating func fieldOrVariable(_ kind: TemplateToken.Kind) -> Bool? {
    position += 1
    if isAtTerminator() { return take(kind == .variable ? .variable : .keyword(.dot), 0) }
    takeWord()
    guard isAtTerminator() else { return badCharacter() }
    emit(kind)
    return true
  }

  private mutating func number() -> Bool? {
    guard takeNumber() else { return badNumber() }
    guard byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") else { return take(.number, 0) }
    guard takeNumber(), input[position - 1] == UInt8(ascii: "i") else { return badNumber() }
    return take(.complex, 0)
  }

  private mutating func badNumber() -> Bool? {
    fail("bad number syntax: \(GoQuoting.quoted(String(decoding: input[start..<position], as: UTF8.self)))")
  }

  private mutating func accept(_ allowed: String) -> Bool {
    guard let next = byte(), allowed.utf8.contains(next) else { return false }
    position += 1
    return true
  }

  private mutating func takeNumber() -> Bool {
    _ = accept("+-")
    var digits = "0123456789_"
    if accept("0") {
      if accept("xX") {
        digits = "0123456789abcdefABCDEF_"
      } else if accept("oO") {
        digits = "01234567_"
      } else if accept("bB") {
        digits = "01_"
      }
    }
    while accept(digits) {}
    if accept(".") { while accept(digits) {} }
    let exponent = digits.utf8.count == 11 ? "eE" : digits.utf8.count == 23 ? "pP" : ""
    if !exponent.isEmpty, accept(exponent) {
      _ = accept("+-")
      while accept("0123456789_") {}
    }
    _ = accept("i")
    if let (scalar, width) = scalar(at: position), Self.isWord(scalar) {
      position += width
      return false
    }
    return true
  }
}

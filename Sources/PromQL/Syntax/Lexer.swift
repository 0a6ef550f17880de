/// Cuts a query into tokens. One pass over its bytes; stops at the first thing that is no token.
struct Lexer {
  private let bytes: [UInt8]
  private var position = 0
  private var start = 0
  private var parentheses = 0
  private var isInBraces = false
  private var isInBrackets = false
  private var hadColon = false
  private var tokens: [Token] = []

  /// The tokens of `query`; the last one is ``Token/Kind/end`` or ``Token/Kind/error``.
  static func tokens(of query: String) -> [Token] {
    var lexer = Lexer(bytes: Array(query.utf8))
    lexer.run()
    return lexer.tokens
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func run() {
    while true {
      skipBlanks()
      start = position
      guard position < bytes.count else { return atEnd() }
      if isInBraces { braces() } else { statement() }
      if tokens.last?.kind == .error { return }
    }
  }

  private mutating func atEnd() {
    if isInBraces {
      fail("unexpected end of input inside braces")
    } else if parentheses > 0 {
      fail("unclosed left parenthesis")
    } else if isInBrackets {
      fail("unclosed left bracket")
    } else {
      emit(.end)
    }
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      case UInt8(ascii: "#"): while position < bytes.count, bytes[position] != 0x0a { position += 1 }
      default: return
      }
    }
  }

  private func byte(at index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

  private mutating func emit(_ kind: Token.Kind) {
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    tokens.append(Token(kind: kind, text: text, range: SourceRange(start, position)))
  }

  private mutating func fail(_ message: String, at place: Int? = nil) {
    let place = place ?? start
    tokens.append(Token(kind: .error, text: message, range: SourceRange(place, max(place, position))))
  }

  private mutating func take(_ count: Int, _ kind: Token.Kind) {
    position += count
    emit(kind)
  }

  /// The scalar at `index` in single quotes, as Go's `%q` writes it.
  private func quoted(at index: Int) -> String {
    guard index < bytes.count else { return "end of input" }
    let rest = String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self)
    guard let scalar = rest.unicodeScalars.first else { return "''" }
    return "'\(GoText.escaped(scalar, quote: "'"))'"
  }

  private mutating func statement() {
    let first = bytes[position]
    switch first {
    case UInt8(ascii: ","): take(1, .comma)
    case UInt8(ascii: "*"): take(1, .operator(.multiply))
    case UInt8(ascii: "/"): take(1, .operator(.divide))
    case UInt8(ascii: "%"): take(1, .operator(.modulo))
    case UInt8(ascii: "+"): take(1, .operator(.add))
    case UInt8(ascii: "-"): take(1, .operator(.subtract))
    case UInt8(ascii: "^"): take(1, .operator(.power))
    case UInt8(ascii: "@"): take(1, .at)
    case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"): comparison(first)
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"): bracket(first)
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): string(first)
    case UInt8(ascii: ":") where isInBrackets:
      if hadColon { return fail("unexpected colon ':'") }
      hadColon = true
      take(1, .colon)
    case _ where Self.isDigit(first) || first == UInt8(ascii: ".") && Self.isDigit(byte(at: position + 1)): number()
    case _ where Self.isLetter(first) || first == UInt8(ascii: ":"): word()
    default: fail("unexpected character: \(quoted(at: position))")
    }
  }

  private mutating func comparison(_ first: UInt8) {
    let next = byte(at: position + 1)
    switch (first, next) {
    case (UInt8(ascii: "="), UInt8(ascii: "=")): take(2, .operator(.equal))
    case (UInt8(ascii: "="), UInt8(ascii: "~")): fail("unexpected character after '=': '~'")
    case (UInt8(ascii: "="), _): take(1, .equal)
    case (UInt8(ascii: "!"), UInt8(ascii: "=")): take(2, .operator(.notEqual))
    case (UInt8(ascii: "!"), _): fail("unexpected character after '!': \(quoted(at: position + 1))")
    case (UInt8(ascii: "<"), UInt8(ascii: "=")): take(2, .operator(.lessOrEqual))
    case (UInt8(ascii: "<"), UInt8(ascii: "/")): take(2, .operator(.trimUpper))
    case (UInt8(ascii: "<"), _): take(1, .operator(.less))
    case (_, UInt8(ascii: "=")): take(2, .operator(.greaterOrEqual))
    case (_, UInt8(ascii: "/")): take(2, .operator(.trimLower))
    default: take(1, .operator(.greater))
    }
  }

  private mutating func bracket(_ first: UInt8) {
    switch first {
    case UInt8(ascii: "("):
      parentheses += 1
      take(1, .leftParenthesis)
    case UInt8(ascii: ")"):
      parentheses -= 1
      if parentheses < 0 { return fail("unexpected right parenthesis ')'") }
      take(1, .rightParenthesis)
    case UInt8(ascii: "{"):
      isInBraces = true
      take(1, .leftBrace)
    case UInt8(ascii: "["):
      if isInBrackets { return fail("unexpected left bracket '['") }
      isInBrackets = true
      hadColon = false
      take(1, .leftBracket)
    default:
      if !isInBrackets { return fail("unexpected right bracket ']'") }
      isInBrackets = false
      take(1, .rightBracket)
    }
  }

  private mutating func braces() {
    let first = bytes[position]
    let next = byte(at: position + 1)
    switch first {
    case UInt8(ascii: ","): take(1, .comma)
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): string(first)
    case UInt8(ascii: "="): next == UInt8(ascii: "~") ? take(2, .matches) : take(1, .equal)
    case UInt8(ascii: "!"):
      switch next {
      case UInt8(ascii: "~"): take(2, .matchesNot)
      case UInt8(ascii: "="): take(2, .operator(.notEqual))
      default: fail("unexpected character after '!' inside braces: \(quoted(at: position + 1))")
      }
    case UInt8(ascii: "{"): fail("unexpected left brace '{'")
    case UInt8(ascii: "}"):
      isInBraces = false
      take(1, .rightBrace)
    case _ where Self.isLetter(first):
      while Self.isLetter(byte(at: position)) || Self.isDigit(byte(at: position)) { position += 1 }
      emit(.identifier)
    default: fail("unexpected character inside braces: \(quoted(at: position))")
    }
  }

  private mutating func word() {
    var hasColon = false
    while true {
      let next = byte(at: position)
      if next == UInt8(ascii: ":"), !isInBrackets {
        hasColon = true
      } else if !Self.isLetter(next), !Self.isDigit(next) {
        break
      }
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let kind = Token.words[text.lowercased()] { return emit(kind) }
    emit(hasColon ? .metricIdentifier : .identifier)
  }

  private mutating func number() {
    if byte(at: position) == UInt8(ascii: "0"), byte(at: position + 1) | 0x20 == UInt8(ascii: "x") {
      position += 2
      if byte(at: position) == UInt8(ascii: "_") { position += 1 }
      digits { Self.isDigit($0) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) }
    } else {
      digits(Self.isDigit)
      if byte(at: position) == UInt8(ascii: ".") {
        position += 1
        if Self.isDigit(byte(at: position)) { digits(Self.isDigit) }
      } else if unit() {
        return remainingDuration()
      }
      if byte(at: position) | 0x20 == UInt8(ascii: "e") {
        let sign = byte(at: position + 1)
        let skip = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") ? 2 : 1
        if Self.isDigit(byte(at: position + skip)) {
          position += skip
          digits(Self.isDigit)
        }
      }
    }
    let next = byte(at: position)
    if Self.isLetter(next) || Self.isDigit(next) {
      position += 1
      return fail(
        "bad number or duration syntax: \(GoText.quoted(String(decoding: bytes[start..<position], as: UTF8.self)))")
    }
    emit(.number)
  }

  /// Digits with single underscores between.
  private mutating func digits(_ isDigit: (UInt8) -> Bool) {
    while isDigit(byte(at: position)) || byte(at: position) == UInt8(ascii: "_") && isDigit(byte(at: position + 1)) {
      position += 1
    }
  }

  /// Takes a unit of time if one follows.
  private mutating func unit() -> Bool {
    switch byte(at: position) {
    case UInt8(ascii: "s"), UInt8(ascii: "h"), UInt8(ascii: "d"), UInt8(ascii: "w"), UInt8(ascii: "y"): position += 1
    case UInt8(ascii: "m"): position += byte(at: position + 1) == UInt8(ascii: "s") ? 2 : 1
    default: return false
    }
    return true
  }

  private mutating func remainingDuration() {
    while Self.isDigit(byte(at: position)) {
      while Self.isDigit(byte(at: position)) { position += 1 }
      if !unit() { break }
    }
    let next = byte(at: position)
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if Self.isLetter(next) || Self.isDigit(next) || Self.isDigit(bytes[position - 1]) {
      if Self.isLetter(next) { position += 1 }
      return fail(
        "bad number or duration syntax: \(GoText.quoted(String(decoding: bytes[start..<position], as: UTF8.self)))")
    }
    tokens.append(Token(kind: .duration, text: text, range: SourceRange(start, position)))
  }

  private mutating func string(_ quote: UInt8) {
    position += 1
    let isRaw = quote == UInt8(ascii: "`")
    while true {
      guard position < bytes.count, isRaw || bytes[position] != 0x0a else {
        return fail(isRaw ? "unterminated raw string" : "unterminated quoted string")
      }
      let next = bytes[position]
      position += 1
      if next == quote { return emit(.string) }
      if next == UInt8(ascii: "\\"), !isRaw {
        do {
          try StringText.skipEscape(bytes, &position, quote: quote)
        } catch {
          return fail(error.problem)
        }
      }
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  static func isLetter(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
  }
}

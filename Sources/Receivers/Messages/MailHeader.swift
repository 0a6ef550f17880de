import AlertLogic

/// Header fields of a message (RFC 5322, section 2.2): nothing that goes into one can begin another.
enum MailHeader {
  /// A field with its line end, folded where it is long.
  static func field(_ name: String, _ value: String) -> String {
    var text = ""
    var line = "\(name):"
    for word in value.split(separator: " ") {
      if line.utf8.count + 1 + word.utf8.count > 76, line != "\(name):" {
        text += line + "\r\n"
        line = ""
      }
      // A word that no line can hold is cut: more than 998 bytes are refused by servers.
      var rest = word
      while rest.utf8.count > 900 {
        text += line + " " + String(rest.prefix(225)) + "\r\n"
        line = ""
        rest = rest.dropFirst(225)
      }
      line += " " + rest
    }
    return text + line + "\r\n"
  }

  /// Free text: as it is where it is plain ASCII, else in encoded words.
  static func text(_ value: String) -> String {
    let line = oneLine(value)
    let isPlain = line.utf8.allSatisfy { (0x20..<0x7f).contains($0) } && !line.contains("=?")
    return isPlain ? line : encodedWords(line)
  }

  /// Without control characters and line separators of any kind, and without blanks at the ends.
  static func oneLine(_ value: String) -> String {
    var line = ""
    for scalar in value.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: line += " "
      default: line.unicodeScalars.append(scalar)
      }
    }
    return NotificationWords.trimmed(line)
  }

  /// RFC 2047 with base64; each word holds whole characters and has at most 75 bytes.
  static func encodedWords(_ value: String) -> String {
    var words: [String] = []
    var part: [UInt8] = []
    for scalar in value.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if part.count + bytes.count > 45 {
        words.append("=?utf-8?B?\(Base64.text(part))?=")
        part = []
      }
      part += bytes
    }
    words.append("=?utf-8?B?\(Base64.text(part))?=")
    return words.joined(separator: " ")
  }

  static func isAtom(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
  }
}

/// RFC 4648, section 4.
enum Base64 {
  static func text(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let value = group.reduce(0 as UInt32) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for index in 0..<4 {
        result.append(index <= group.count ? alphabet[Int(value >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

/// RFC 2045, section 6.7: text whose lines have at most 76 bytes of ASCII.
enum QuotedPrintable {
  /// Line ends of any kind become CRLF. O(length).
  static func text(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    var line: [UInt8] = []
    func isSpace(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x09 }
    func escaped(_ byte: UInt8) -> [UInt8] { [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    func endLine() {
      // A blank at a line's end would be lost.
      if let last = line.last, isSpace(last) { line.replaceSubrange((line.count - 1)..., with: escaped(last)) }
      result += line + [0x0d, 0x0a]
      line = []
    }
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == 0x0d || byte == 0x0a {
        if byte == 0x0d, rest.first == 0x0a { rest = rest.dropFirst() }
        endLine()
        continue
      }
      let isPlain = (0x20..<0x7f).contains(byte) && byte != UInt8(ascii: "=") || byte == 0x09
      let piece = isPlain ? [byte] : escaped(byte)
      // Room for the mark of a soft break, and for a blank that the line's end turns into an escape.
      if line.count + piece.count > 73 {
        result += line + [UInt8(ascii: "="), 0x0d, 0x0a]
        line = []
      }
      // A lone dot would end the message where a server strips no dots.
      line += line.isEmpty && byte == UInt8(ascii: ".") ? escaped(byte) : piece
    }
    if !line.isEmpty { endLine() }
    return String(decoding: result, as: UTF8.self)
  }
}

/// How a text is written in YAML so that readers of YAML 1.1 (kubectl, the API server, PyYAML) and of YAML 1.2 read the
/// same text.
///
/// Plain where nobody can take it for anything else, a literal block where it has several lines, else in double quotes.
/// What is written plain is a short list of forms, not all that are safe: a form that is not on it costs two quotes.
enum ScalarStyle {
  case plain
  case literal
  case quoted

  /// The style of a text as a value. O(bytes).
  init(of text: String) {
    if Self.isPlain(text) {
      self = .plain
    } else if Self.isLiteral(text) {
      self = .literal
    } else {
      self = .quoted
    }
  }

  /// What YAML 1.1 readers take for booleans, nulls and the like, in lower case
  /// (<https://yaml.org/type/bool.html>, <https://yaml.org/type/null.html>).
  private static let words: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]

  static func isPlain(_ text: String) -> Bool {
    var bytes = text.utf8[...]
    guard let first = bytes.first, let last = bytes.last, last != UInt8(ascii: ":"), last != UInt8(ascii: " ") else {
      return false
    }
    if isDigit(first) { return isMeasure(bytes) }
    // An underscore may stand in a number of YAML 1.1, before a letter it does not.
    if first == UInt8(ascii: "_") { bytes = bytes.drop { $0 == UInt8(ascii: "_") } }
    guard let begin = bytes.first, isLetter(begin) || first == UInt8(ascii: "/") else { return false }
    var before = UInt8(ascii: " ")
    for byte in text.utf8 {
      guard (0x20...0x7e).contains(byte) else { return false }
      // `: ` makes a key of what stands before it, ` #` a comment of what follows.
      if before == UInt8(ascii: ":"), byte == UInt8(ascii: " ") { return false }
      if before == UInt8(ascii: " "), byte == UInt8(ascii: "#") { return false }
      before = byte
    }
    return text.utf8.count > 5 || !words.contains(text.lowercased())
  }

  /// Durations and quantities: decimal digits, maybe with a fraction, and a unit that makes no number of them.
  private static func isMeasure(_ bytes: Substring.UTF8View) -> Bool {
    var rest = bytes.drop(while: isDigit)
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      if fraction.isEmpty { return false }
      rest = rest.dropFirst(1 + fraction.count)
    }
    return ["%", "ms", "s", "m", "h", "d", "w", "y", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "MiB", "GiB"]
      .contains(String(Substring(rest)))
  }

  /// Several lines that a block can hold without telling how far it is indented.
  private static func isLiteral(_ text: String) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: " "), first != 9, first != 10,
      text.utf8.contains(10)
    else { return false }
    // Blank at its end, it would say too little about its last lines.
    let end = text.utf8.reversed().drop { $0 == 10 }
    guard let last = end.first, last != UInt8(ascii: " "), last != 9 else { return false }
    return text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || isPrintable($0) }
  }

  /// What stands for itself in any YAML: no control characters, no line breaks but the line feed, no byte order mark.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7e: true
    case 0xa0...0xd7ff: scalar.value != 0x2028 && scalar.value != 0x2029
    case 0xe000...0xfffd: scalar.value != 0xfeff
    case 0x10000...0x10ffff: true
    default: false
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) }
}

/// Values made safe for a place of an HTML document; the same characters come out as from `html/template`.
enum HTMLEscaping {
  struct Value {
    enum Kind { case text, markup, url }

    var text: String
    var kind: Kind
  }

  /// No value may stand here.
  struct Refusal: Error {
    var place: String
  }

  /// What comes out for a value that could do harm.
  static let harmless = "ZgotmplZ"

  /// How far the URL in an attribute has come.
  enum URLPart {
    case start, path, query

    mutating func pass(_ bytes: ArraySlice<UInt8>) {
      if bytes.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) {
        self = .query
      } else if self == .start, !bytes.allSatisfy(HTMLContext.isSpace) {
        self = .path
      }
    }
  }

  /// For text, and for values in quotes.
  static func text(_ text: String) -> String { replacing(text) { $0 == "&" ? "&amp;" : common($0) } }

  /// The same for markup that becomes text: its entities stay.
  static func normalized(_ text: String) -> String { replacing(text, common) }

  /// For values without quotes.
  static func unquoted(_ text: String) -> String {
    if text.isEmpty { return harmless }
    return replacing(text) { scalar in
      switch scalar {
      case "&": "&amp;"
      case "\t", "\n", "\u{b}", "\u{c}", "\r", " ", "=", "`": "&#\(scalar.value);"
      case "\0": "&#xfffd;"
      default: common(scalar)
      }
    }
  }

  private static func common(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "\"", "'", "+": "&#\(scalar.value);"
    case "<": "&lt;"
    case ">": "&gt;"
    case "\0": "\u{fffd}"
    default: nil
    }
  }

  private static func replacing(_ text: String, _ replacement: (Unicode.Scalar) -> String?) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if let new = replacement(scalar) {
        result.append(contentsOf: new.unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  /// What is between the tags of a piece of markup.
  static func withoutTags(_ markup: String) -> String {
    var result = ""
    var isInTag = false
    for scalar in markup.unicodeScalars {
      switch scalar {
      case "<": isInTag = true
      case ">" where isInTag: isInTag = false
      default: if !isInTag { result.unicodeScalars.append(scalar) }
      }
    }
    return result
  }

  /// Only `http`, `https` and `mailto` may lead away; what is put into a query is all escaped.
  static func url(_ value: Value, in part: URLPart) -> String {
    if part == .query { return percentEncoded(value.text, keepsReserved: value.kind == .url) }
    if part == .start, value.kind != .url, !isSafe(value.text) { return "#" + harmless }
    return percentEncoded(value.text, keepsReserved: true)
  }

  private static func isSafe(_ url: String) -> Bool {
    guard let colon = url.firstIndex(of: ":"), !url[..<colon].contains("/") else { return true }
    return ["http", "https", "mailto"].contains(url[..<colon].lowercased())
  }

  private static func percentEncoded(_ text: String, keepsReserved: Bool) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    let digits = Array("0123456789abcdef".utf8)
    for (index, byte) in bytes.enumerated() {
      let isKept =
        HTMLContext.isLetter(byte) || HTMLContext.isDigit(byte) || "-._~".utf8.contains(byte)
        || keepsReserved
          && ("!#$&*+,/:;=?@[]".utf8.contains(byte) || byte == UInt8(ascii: "%") && isEscape(bytes, index))
      if isKept {
        result.append(byte)
      } else {
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isEscape(_ bytes: [UInt8], _ index: Int) -> Bool {
    guard index + 2 < bytes.count else { return false }
    return bytes[(index + 1)...(index + 2)].allSatisfy {
      HTMLContext.isDigit($0) || (0x61...0x66).contains($0 | 0x20)
    }
  }

  /// Colours, lengths and names pass; whatever could call, quote or end something does not.
  static func style(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var letters = ""
    for (index, byte) in bytes.enumerated() {
      if byte == 0 || "\"'()/;@[\\]`{}<>".utf8.contains(byte) { return harmless }
      if byte == UInt8(ascii: "-"), index > 0, bytes[index - 1] == byte { return harmless }
      if HTMLContext.isLetter(byte) { letters.unicodeScalars.append(Unicode.Scalar(byte | 0x20)) }
    }
    return letters.contains("expression") || letters.contains("mozbinding") ? harmless : text
  }
}

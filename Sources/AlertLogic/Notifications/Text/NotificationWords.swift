/// Texts as the functions of notification templates change them.
public enum NotificationWords {
  /// The first letter of each word large, the others small (`cases.Title` for American English,
  /// <https://pkg.go.dev/golang.org/x/text/cases#Title>); a word goes on behind an apostrophe or a `.` between letters.
  static func titled(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = ""
    var (isInWord, hasLetter) = (false, false)
    for (index, scalar) in scalars.enumerated() {
      if isCased(scalar) {
        result += hasLetter ? RuleWording.lowercased(String(scalar)) : scalar.properties.titlecaseMapping
        (isInWord, hasLetter) = (true, true)
        continue
      }
      result.unicodeScalars.append(scalar)
      if isDigit(scalar) || scalar == "_" {
        isInWord = true
        continue
      }
      let joins = ["'", "\u{2019}", ".", ":", "\u{b7}"].contains(scalar)
      let next = index + 1 < scalars.count ? scalars[index + 1] : " "
      isInWord = isInWord && (joins && isCased(next) || scalar.properties.generalCategory == .nonspacingMark)
      hasLetter = hasLetter && isInWord
    }
    return result
  }

  private static func isCased(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isAlphabetic }
  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .decimalNumber }

  /// Without white space at both ends, as Go's `strings.TrimSpace`.
  public static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }

  /// As Go's `url.QueryUnescape`; `nil` where a `%` begins no escape or the result is no UTF-8.
  static func queryUnescaped(_ text: String) -> String? {
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): result.append(0x20)
      case UInt8(ascii: "%"):
        let digits = rest.prefix(2)
        let isEscape = digits.count == 2 && digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        guard isEscape, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
        result.append(value)
        rest = rest.dropFirst(2)
      default: result.append(byte)
      }
    }
    return String(validating: result, as: UTF8.self)
  }

  /// Without the characters that Slack takes for marks
  /// (<https://api.slack.com/reference/surfaces/formatting#escaping>): nobody is called by the name of an agent.
  static func slackText(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A link without what could end it or leave the web; `#` for anything but `http`, `https` and `mailto`.
  static func urlText(_ text: String) -> String {
    let schemes = ["http://", "https://", "mailto:"]
    guard schemes.contains(where: { text.lowercased().hasPrefix($0) }) else { return "#" }
    var result = ""
    for byte in text.utf8 {
      if byte > 0x20, byte < 0x7f, !"<>\"\\^`{|}()[]*".utf8.contains(byte) {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return result
  }

  /// With a `\` before what Markdown takes for marks.
  static func markdownText(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if "\\`*_{}[]<>()#+!|~".unicodeScalars.contains(scalar) { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  /// At most `limit` characters (Unicode scalars), the last of them `…` where some had to go.
  public static func shortened(_ text: String, to limit: Int) -> String {
    let scalars = text.unicodeScalars
    guard limit > 0 else { return "" }
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end != scalars.endIndex
    else { return text }
    return String(scalars[..<scalars.index(before: end)]) + "…"
  }
}

import AlertLogic

/// An address of a person or list (RFC 5322, section 3.4), as far as Skep writes them: no groups, no comments.
struct EmailAddress: Sendable, Hashable {
  /// Empty where only the address is given.
  var name: String
  /// What SMTP is told: printable ASCII without brackets.
  var address: String

  /// A list of addresses separated by commas; `nil` where one of them is none, or there is none at all.
  static func list(_ text: String) -> [EmailAddress]? {
    var addresses: [EmailAddress] = []
    for part in parts(of: text) where !NotificationWords.trimmed(part).isEmpty {
      guard let address = EmailAddress(part) else { return nil }
      addresses.append(address)
    }
    return addresses.isEmpty ? nil : addresses
  }

  /// Cuts at commas that stand neither in quotes nor in angle brackets.
  private static func parts(of text: String) -> [String] {
    var parts = [""]
    var (isQuoted, isEscaped, isBracketed) = (false, false, false)
    for scalar in text.unicodeScalars {
      if scalar == ",", !isQuoted, !isBracketed {
        parts.append("")
        continue
      }
      if isEscaped {
        isEscaped = false
      } else if scalar == "\"" {
        isQuoted.toggle()
      } else if scalar == "\\", isQuoted {
        isEscaped = true
      } else if !isQuoted, scalar == "<" || scalar == ">" {
        isBracketed = scalar == "<"
      }
      parts[parts.count - 1].unicodeScalars.append(scalar)
    }
    return parts
  }

  /// `night@example.org` or `Night Watch <night@example.org>`.
  private init?(_ text: String) {
    let text = MailHeader.oneLine(text)
    if text.hasSuffix(">"), let open = text.lastIndex(of: "<") {
      address = String(text[text.index(after: open)...].dropLast())
      name = Self.unquoted(NotificationWords.trimmed(String(text[..<open])))
    } else {
      address = text
      name = ""
    }
    guard Self.isAddress(address) else { return nil }
  }

  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    var plain = ""
    var isEscaped = false
    for character in text.dropFirst().dropLast() {
      if character == "\\", !isEscaped {
        isEscaped = true
      } else {
        plain.append(character)
        isEscaped = false
      }
    }
    return plain
  }

  private static func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    return parts.count == 2 && text.utf8.count <= 254
      && parts.allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"\"(),:;<>[\\]".utf8.contains($0) }
      }
  }

  var domain: Substring { address.drop { $0 != "@" }.dropFirst() }

  /// As it stands in a header.
  var header: String {
    if name.isEmpty { return address }
    let isPlain = name.utf8.allSatisfy { MailHeader.isAtom($0) || $0 == 0x20 }
    if isPlain { return "\(name) <\(address)>" }
    if name.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) {
      let quoted = name.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
      return "\"\(quoted)\" <\(address)>"
    }
    return MailHeader.encodedWords(name) + " <\(address)>"
  }
}

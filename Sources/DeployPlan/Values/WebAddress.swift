/// Absolute `http` and `https` URLs (RFC 3986), as far as a check needs to know them.
enum WebAddress {
  static let pattern = "^https?://[^/?#]+"

  static let proxyPattern = "^(http|socks5)://[^/?#]+"

  static func flaw(in text: String) -> Flaw? {
    flaw(
      in: text, schemes: ["http://", "https://"],
      else: Flaw("is no absolute http or https URL", mend: "write one such as http://planner:8080/metrics"))
  }

  static func proxyFlaw(in text: String) -> Flaw? {
    flaw(
      in: text, schemes: ["http://", "socks5://"],
      else: Flaw("is no proxy that Skep can use", mend: "write one such as http://proxy:3128 or socks5://proxy:1080"))
  }

  private static func flaw(in text: String, schemes: [String], else unknown: Flaw) -> Flaw? {
    guard let scheme = schemes.first(where: { text.lowercased().hasPrefix($0) }) else { return unknown }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && !"\"<>\\^`".utf8.contains($0) }) else {
      return Flaw("holds characters that a URL cannot", mend: "write them as %XX")
    }
    var authority = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
    return hostFlaw(authority) ?? escapeFlaw(text)
  }

  /// The same for text that is to be shown: user name and password are left out.
  static func shown(_ text: String) -> String {
    guard let at = text.lastIndex(of: "@"), let slashes = text.firstRange(of: "//"), slashes.upperBound < at else {
      return text
    }
    return text[..<slashes.upperBound] + "..." + text[at...]
  }

  /// `HOST`, `HOST:PORT`, `[V6]:PORT`.
  static func hostFlaw(_ authority: Substring) -> Flaw? {
    var rest = authority
    if rest.first == "[" {
      guard let close = rest.firstIndex(of: "]") else { return Flaw("lacks the \"]\" after an IPv6 address") }
      let inside = rest[rest.index(after: rest.startIndex)..<close]
      guard inside.contains(":"), inside.utf8.allSatisfy({ Self.isHex($0) || $0 == 58 || $0 == 46 }) else {
        return Flaw("has no valid IPv6 address in its brackets")
      }
      rest = rest[rest.index(after: close)...]
      if rest.isEmpty { return nil }
      guard rest.first == ":" else { return Flaw("has text after the \"]\" that is no port") }
    } else {
      let host = rest.prefix { $0 != ":" }
      guard !host.isEmpty else { return Flaw("has no host") }
      let isValid = host.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "-._%".utf8.contains($0)
          || $0 >= 0x80
      }
      guard isValid, host.first != "-", host.first != "." else { return Flaw("has an invalid host") }
      rest = rest[host.endIndex...]
    }
    if rest.isEmpty { return nil }
    guard let port = UInt16(rest.dropFirst()), port > 0 else {
      return Flaw("has an invalid port", mend: "give a port from 1 to 65535")
    }
    return nil
  }

  private static func escapeFlaw(_ text: String) -> Flaw? {
    let bytes = Array(text.utf8)
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "%") {
      guard index + 2 < bytes.count, isHex(bytes[index + 1]), isHex(bytes[index + 2]) else {
        return Flaw("has a \"%\" that begins no escape", mend: "write it as %25")
      }
    }
    return nil
  }

  private static func isHex(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
  }
}

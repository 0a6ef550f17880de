/// Letters as Go changes them: one character for one, whatever the language.
enum RuleWording {
  static func uppercased(_ text: String) -> String {
    map(text) { scalar in
      let upper = scalar.properties.uppercaseMapping
      // Greek letters with an iota below have one capital, which is their title form.
      return upper.unicodeScalars.count == 1 ? upper : scalar.properties.titlecaseMapping
    }
  }

  static func lowercased(_ text: String) -> String {
    // The dotted İ is the one letter with a small form of two characters.
    map(text) { $0 == "\u{130}" ? "i" : $0.properties.lowercaseMapping }
  }

  /// The first letter of every word in its title form, the others as they are.
  static func title(_ text: String) -> String {
    var isAtStart = true
    return map(text) { scalar in
      defer { isAtStart = isSeparator(scalar) }
      return isAtStart ? scalar.properties.titlecaseMapping : String(scalar)
    }
  }

  private static func map(_ text: String, _ change: (Unicode.Scalar) -> String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let changed = change(scalar).unicodeScalars
      // What becomes several characters in full is left alone: ß stays ß.
      result.unicodeScalars.append(changed.count == 1 ? changed[changed.startIndex] : scalar)
    }
    return result
  }

  private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: false
    default: scalar.isASCII ? scalar != "_" : scalar.properties.isWhitespace
    }
  }
}

/// Hosts with ports, as Go's `net` takes them apart.
enum HostText {
  static func withoutPort(_ text: String) -> String { split(text)?.host ?? text }

  /// The first part of a name, with its port; addresses stay.
  static func withoutDomain(_ text: String) -> String {
    let parts = split(text)
    let host = parts?.host ?? text
    if isAddress(host) { return text }
    let first = String(host.prefix { $0 != "." })
    guard let port = parts?.port, !port.isEmpty else { return first }
    return (first.contains(":") ? "[\(first)]" : first) + ":" + port
  }

  /// `nil` where there is no port, or the text is neither `host:port` nor `[host]:port`.
  private static func split(_ text: String) -> (host: String, port: String)? {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let port = text[text.index(after: colon)...]
    let head = text[..<colon]
    guard !port.contains("["), !port.contains("]") else { return nil }
    if head.hasPrefix("[") {
      guard head.hasSuffix("]"), head.count >= 2 else { return nil }
      let host = head.dropFirst().dropLast()
      return host.contains("[") || host.contains("]") ? nil : (String(host), String(port))
    }
    guard !head.contains(":"), !head.contains("["), !head.contains("]") else { return nil }
    return (String(head), String(port))
  }

  private static func isAddress(_ text: String) -> Bool {
    if text.contains(":") { return isIPv6(text) }
    return isIPv4(text)
  }

  private static func isIPv4(_ text: some StringProtocol) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        part.utf8.count <= 3 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil
          && (part == "0" || !part.hasPrefix("0"))
      }
  }

  private static func isIPv6(_ text: String) -> Bool {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return false }
    var groups = 0
    for (number, half) in halves.enumerated() where !half.isEmpty {
      let parts = half.split(separator: ":", omittingEmptySubsequences: false)
      for (index, part) in parts.enumerated() {
        let isLast = number == halves.count - 1 && index == parts.count - 1
        if isLast, part.contains(".") {
          guard isIPv4(part) else { return false }
          groups += 2
        } else {
          guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit) else { return false }
          groups += 1
        }
      }
    }
    return halves.count == 2 ? groups < 8 : groups == 8
  }
}

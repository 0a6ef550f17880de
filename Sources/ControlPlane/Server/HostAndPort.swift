/// `host`, `host:port`, `[v6]` or `[v6]:port`, as in a URL's authority or a `Host` header.
struct HostAndPort: Hashable {
  /// In lower case, without brackets.
  var host: String
  var port: Int?

  /// `nil` if `text` is none of these forms or the port is beyond 65535.
  init?(_ text: String) {
    var host = text[...]
    var rest = ""[...]
    if text.first == "[" {
      guard let close = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<close]
      rest = text[text.index(after: close)...]
      guard host.contains(":"), host.utf8.allSatisfy(Self.isHexadecimalOrSeparator) else { return nil }
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      rest = text[colon...]
    }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x40 }) else {
      return nil
    }
    if !rest.isEmpty {
      let digits = rest.dropFirst()
      guard rest.first == ":", !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let port = Int(digits), port <= 65_535
      else { return nil }
      self.port = port
    }
    self.host = host.lowercased()
  }

  private static func isHexadecimalOrSeparator(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20) || byte == 0x3A || byte == 0x2E
  }

  var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }
}

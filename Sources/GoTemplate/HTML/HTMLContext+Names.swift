// Bytes and names of HTML (<https://html.spec.whatwg.org/multipage/parsing.html>).
extension HTMLContext {
  private static let urlAttributes: Set<String> = [
    "action", "archive", "background", "cite", "classid", "codebase", "data", "formaction", "href", "icon", "longdesc",
    "manifest", "poster", "profile", "src", "srcset", "usemap", "xmlns",
  ]

  /// What an attribute of this name (in small letters) holds; an unknown one by what its name tells.
  static func kind(of name: String) -> Kind {
    var name = name[...]
    if name.hasPrefix("data-") {
      name = name.dropFirst(5)
    } else if let colon = name.firstIndex(of: ":") {
      if name[..<colon] == "xmlns" { return .url }
      name = name[name.index(after: colon)...]
    }
    if name == "style" { return .style }
    if urlAttributes.contains(String(name)) { return .url }
    if name.hasPrefix("on") { return .script }
    return ["src", "uri", "url"].contains { name.contains($0) } ? .url : .text
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) && byte != 0x0b }

  static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }

  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  static func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  static func isDoctype(_ behind: ArraySlice<UInt8>) -> Bool { lowercased(behind.prefix(8)) == "!doctype" }

  /// Writes what `belongs`, and takes it away.
  static func move(_ rest: inout ArraySlice<UInt8>, _ result: inout [UInt8], while belongs: (UInt8) -> Bool) {
    move(&rest, &result, rest.prefix(while: belongs).count)
  }

  static func move(_ rest: inout ArraySlice<UInt8>, _ result: inout [UInt8], _ count: Int) {
    result += rest.prefix(count)
    rest = rest.dropFirst(count)
  }
}

extension ArraySlice<UInt8> {
  func firstIndex(of word: [UInt8]) -> Int? {
    var rest = self
    while let begin = rest.firstIndex(of: word[0]) {
      if rest[begin...].starts(with: word) { return begin }
      rest = rest[(begin + 1)...]
    }
    return nil
  }
}

/// Where in an HTML document the next byte would stand: follows what a template writes, so that every value can be made
/// safe for its place, as `html/template` does (<https://pkg.go.dev/html/template#hdr-Contexts>).
///
/// It follows the text that comes out and not, as Go does, the template: what an execution does not reach is not looked
/// at. Values within scripts, event handlers, and in the place of names of tags and attributes are refused.
struct HTMLContext {
  enum State: Equatable {
    case text
    case comment
    /// `title`, `textarea`: text in which no tags are.
    case plain(String)
    /// `script`, `style`.
    case foreign(String)
    /// Within a tag, between attributes.
    case tag
    case afterName(Kind)
    case beforeValue(Kind)
    /// The quote, or 0.
    case value(Kind, UInt8)
  }

  /// What the value of an attribute is.
  enum Kind: Equatable { case text, url, style, script }

  private(set) var state = State.text
  /// Of the tag that is being read.
  private var element = ""
  private var isClosing = false
  private(set) var part = HTMLEscaping.URLPart.start

  var isComplete: Bool { state == .text }

  /// What is written for `bytes` of the template: comments are left out, and a `<` that begins no tag becomes `&lt;`.
  mutating func take(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var rest = bytes[...]
    while !rest.isEmpty { step(&rest, &result) }
    return result
  }

  private mutating func step(_ rest: inout ArraySlice<UInt8>, _ result: inout [UInt8]) {
    switch state {
    case .text: text(&rest, &result)
    case .comment:
      if let end = rest.firstIndex(of: Array("-->".utf8)) {
        rest = rest[(end + 3)...]
        state = .text
      } else {
        rest = []
      }
    case .plain(let name), .foreign(let name): closing(name, &rest, &result)
    case .tag: tag(&rest, &result)
    case .afterName(let kind):
      Self.move(&rest, &result) { Self.isSpace($0) }
      guard let byte = rest.first else { return }
      if byte == UInt8(ascii: "=") { result.append(rest.removeFirst()) }
      state = byte == UInt8(ascii: "=") ? .beforeValue(kind) : .tag
    case .beforeValue(let kind):
      Self.move(&rest, &result) { Self.isSpace($0) }
      guard let byte = rest.first else { return }
      part = .start
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        result.append(rest.removeFirst())
        state = .value(kind, byte)
      case UInt8(ascii: ">"): state = .tag
      default: state = .value(kind, 0)
      }
    case .value(let kind, let quote): value(kind, quote, &rest, &result)
    }
  }

  private mutating func text(_ rest: inout ArraySlice<UInt8>, _ result: inout [UInt8]) {
    Self.move(&rest, &result) { $0 != UInt8(ascii: "<") }
    guard !rest.isEmpty else { return }
    let behind = rest.dropFirst()
    if behind.starts(with: "!--".utf8) {
      rest = behind.dropFirst(3)
      state = .comment
      return
    }
    let name = behind.first == UInt8(ascii: "/") ? behind.dropFirst() : behind
    if let letter = name.first, Self.isLetter(letter) {
      isClosing = name.startIndex != behind.startIndex
      result += rest[rest.startIndex..<name.startIndex]
      element = Self.lowercased(name.prefix { Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: ":") })
      rest = name
      Self.move(&rest, &result, element.utf8.count)
      state = .tag
    } else {
      result += Self.isDoctype(behind) ? Array("<".utf8) : Array("&lt;".utf8)
      rest = behind
    }
  }

  /// Looks for the tag that ends an element without tags.
  private mutating func closing(_ name: String, _ rest: inout ArraySlice<UInt8>, _ result: inout [UInt8]) {
    Self.move(&rest, &result) { $0 != UInt8(ascii: "<") }
    guard !rest.isEmpty else { return }
    let length = name.utf8.count
    let behind = rest.dropFirst()
    let isEnd =
      behind.first == UInt8(ascii: "/") && Self.lowercased(behind.dropFirst().prefix(length)) == name
      && behind.dropFirst(1 + length).first.map { !Self.isLetter($0) && !Self.isDigit($0) } ?? true
    if isEnd {
      (element, isClosing) = (name, true)
      Self.move(&rest, &result, 2 + length)
      state = .tag
      return
    }
    if case .plain = state {
      result += "&lt;".utf8
      rest = behind
    } else {
      Self.move(&rest, &result, 1)
    }
  }

  private mutating func tag(_ rest: inout ArraySlice<UInt8>, _ result: inout [UInt8]) {
    Self.move(&rest, &result) { Self.isSpace($0) || $0 == UInt8(ascii: "/") }
    guard let byte = rest.first else { return }
    if byte == UInt8(ascii: ">") {
      result.append(rest.removeFirst())
      state =
        switch element {
        case "title", "textarea": isClosing ? .text : .plain(element)
        case "script", "style": isClosing ? .text : .foreign(element)
        default: .text
        }
      return
    }
    let name = rest.prefix { !Self.isSpace($0) && !"=>/".utf8.contains($0) }
    state = .afterName(Self.kind(of: Self.lowercased(name)))
    // A `=` where a name should stand is one.
    Self.move(&rest, &result, max(1, name.count))
  }

  private mutating func value(
    _ kind: Kind, _ quote: UInt8, _ rest: inout ArraySlice<UInt8>, _ result: inout [UInt8]
  ) {
    let value = rest.prefix { quote == 0 ? !Self.isSpace($0) && $0 != UInt8(ascii: ">") : $0 != quote }
    part.pass(value)
    Self.move(&rest, &result, value.count)
    guard !rest.isEmpty else { return }
    if quote != 0 { Self.move(&rest, &result, 1) }
    state = .tag
  }

  /// A value of the template, made safe for where it stands.
  ///
  /// - Throws: why no value may stand there.
  mutating func safe(_ value: HTMLEscaping.Value) throws(HTMLEscaping.Refusal) -> String {
    switch state {
    case .text: return value.kind == .markup ? value.text : HTMLEscaping.text(value.text)
    case .comment: return ""
    case .plain: return value.kind == .markup ? HTMLEscaping.normalized(value.text) : HTMLEscaping.text(value.text)
    case .foreign(let name):
      guard name == "style" else { throw HTMLEscaping.Refusal(place: "within a script") }
      return HTMLEscaping.style(value.text)
    case .tag, .afterName: throw HTMLEscaping.Refusal(place: "within a tag, outside of the value of an attribute")
    case .beforeValue(let kind):
      part = .start
      state = .value(kind, 0)
      return try attribute(value, kind, isQuoted: false)
    case .value(let kind, let quote): return try attribute(value, kind, isQuoted: quote != 0)
    }
  }

  private func attribute(
    _ value: HTMLEscaping.Value, _ kind: Kind, isQuoted: Bool
  ) throws(HTMLEscaping.Refusal) -> String {
    var text = value.text
    switch kind {
    case .text:
      if value.kind == .markup {
        text = HTMLEscaping.withoutTags(text)
        return isQuoted ? HTMLEscaping.normalized(text) : HTMLEscaping.unquoted(text)
      }
    case .url: text = HTMLEscaping.url(value, in: part)
    case .style: text = HTMLEscaping.style(text)
    case .script: throw HTMLEscaping.Refusal(place: "within an event handler")
    }
    return isQuoted ? HTMLEscaping.text(text) : HTMLEscaping.unquoted(text)
  }
}

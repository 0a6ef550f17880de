/// One node of a YAML document with the place where it stands, aliases and merge keys resolved.
///
/// Scalars keep their text as written (`1.10` stays `1.10`); what a text means is decided by whoever reads it.
public struct YAMLTree: Sendable, Hashable {
  public indirect enum Content: Sendable, Hashable {
    /// `plain` is false for quoted and block scalars and for those tagged `!!str`: they are text whatever they look
    /// like.
    case scalar(String, plain: Bool)
    case sequence([YAMLTree])
    /// In the order of the file, no key twice.
    case mapping([Entry])
  }

  public struct Entry: Sendable, Hashable {
    public var key: String
    public var place: Place
    public var value: YAMLTree
  }

  /// Line and column, both from 1, the column in Unicode scalars.
  public struct Place: Sendable, Hashable {
    public var line: Int
    public var column: Int
  }

  public var content: Content
  public var place: Place

  /// The value of `key`; `nil` where this is no mapping or has no such key. O(keys).
  public subscript(key: String) -> YAMLTree? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// What the node is, for messages: `the number 30`, `a list`.
  var kind: String {
    switch content {
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .scalar(let text, let plain):
      if !plain {
        "the text \"\(Self.shortened(text))\""
      } else if Self.isNull(text) {
        "no value"
      } else if Self.isBoolean(text) {
        "the boolean \(text)"
      } else if YAMLNumber.looksNumeric(text) {
        "the number \(Self.shortened(text))"
      } else {
        "the text \"\(Self.shortened(text))\""
      }
    }
  }

  /// The same without the value, for what must not be printed.
  var kindWithoutValue: String {
    if case .scalar(let text, let plain) = content { return plain && Self.isNull(text) ? "no value" : "a scalar" }
    return kind
  }

  var isNull: Bool {
    if case .scalar(let text, plain: true) = content { return Self.isNull(text) }
    return false
  }

  static func isNull(_ text: String) -> Bool { ["", "~", "null", "Null", "NULL"].contains(text) }

  static func isBoolean(_ text: String) -> Bool {
    ["true", "True", "TRUE", "false", "False", "FALSE"].contains(text)
  }

  /// What YAML 1.1 takes for booleans beside `true` and `false` (<https://yaml.org/type/bool.html>).
  static let oldBooleans = ["y": true, "yes": true, "on": true, "n": false, "no": false, "off": false]

  /// At most 60 characters, on one line.
  static func shortened(_ text: String) -> String {
    var short = ""
    for scalar in text.unicodeScalars.prefix(61) {
      let printable = scalar.value >= 0x20 && scalar.value != 0x7f && !(0x80...0x9f).contains(scalar.value)
      short.unicodeScalars.append(printable ? scalar : " ")
    }
    return short.unicodeScalars.count > 60
      ? String(String.UnicodeScalarView(short.unicodeScalars.prefix(57))) + "..." : short
  }
}

/// Numbers as the YAML 1.2 core schema writes them (<https://yaml.org/spec/1.2.2/#103-core-schema>).
enum YAMLNumber {
  /// A whole number in decimal; `nil` for anything else and where it does not fit.
  static func integer(_ text: String) -> Int? {
    let digits =
      text.utf8.first == UInt8(ascii: "-") || text.utf8.first == UInt8(ascii: "+")
      ? text.utf8.dropFirst() : text.utf8[...]
    guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
  }

  /// A finite decimal number with optional fraction and exponent.
  static func decimal(_ text: String) -> Double? {
    guard looksNumeric(text), let value = Double(text), value.isFinite else { return nil }
    return value
  }

  static func looksNumeric(_ text: String) -> Bool {
    var rest = text.utf8[...]
    func skipSign() { if let first = rest.first, first == 43 || first == 45 { rest = rest.dropFirst() } }
    func skipDigits() -> Int {
      let count = rest.prefix { (48...57).contains($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    skipSign()
    var digits = skipDigits()
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      digits += skipDigits()
    }
    guard digits > 0 else { return false }
    if let first = rest.first, first == UInt8(ascii: "e") || first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      skipSign()
      guard skipDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}

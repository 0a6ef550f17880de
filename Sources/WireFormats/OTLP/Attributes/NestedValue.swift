import FleetModel

/// Writes a value as JSON (RFC 8259), lists within lists without recursion. Bytes become base64, numbers that JSON lacks
/// the strings "NaN", "Infinity" and "-Infinity"; a `double` always has a point or an exponent, so that it can be told from an integer.
struct NestedValue {
  struct Flaw: Error {
    var problem: String
    /// Whether it is too deep or too long, and else as values are.
    var overLimit: Bool
  }

  /// Offsets of faults that speak for themselves, without a place: those of limits, and others.
  private static let (ofLimit, ofText) = (-1, -2)

  /// A list that is being written.
  private struct Frame {
    var cursor: WireCursor
    var isObject: Bool
    var isEmpty = true
  }

  private let message: UnsafeRawBufferPointer
  private let limits: OTLPLimits
  private var open: [Frame] = []

  init(_ message: UnsafeRawBufferPointer, _ limits: OTLPLimits) {
    self.message = message
    self.limits = limits
  }

  /// - Throws: ``Flaw`` if it is too deep or too long, or not what protobuf allows; then some of it was written.
  mutating func write(_ value: AnyValue, to text: inout [UInt8]) throws(Flaw) {
    let limit = text.count + limits.textBytes
    do throws(WireFault) {
      try begin(value, &text)
      while var frame = open.popLast() {
        guard let element = try next(&frame) else {
          text.append(UInt8(ascii: frame.isObject ? "}" : "]"))
          continue
        }
        if !frame.isEmpty { text.append(UInt8(ascii: ",")) }
        frame.isEmpty = false
        open.append(frame)
        if let key = element.key {
          try write(string: key, &text)
          text.append(UInt8(ascii: ":"))
        }
        try begin(element.value, &text)
        if text.count > limit {
          throw WireFault(
            offset: Self.ofLimit, problem: "is longer as JSON than the limit of \(limits.textBytes) bytes; record less")
        }
      }
    } catch {
      throw Flaw(
        problem: error.offset < 0 ? error.problem : "cannot be read: \(error)", overLimit: error.offset == Self.ofLimit)
    }
  }

  /// The next element of a list, and its key if it has one.
  private func next(_ frame: inout Frame) throws(WireFault) -> (key: Range<Int>?, value: AnyValue)? {
    while !frame.cursor.isAtEnd {
      let tag = try frame.cursor.varint()
      guard tag == 0x0a else {
        try frame.cursor.skip(tag)
        continue
      }
      let content = try frame.cursor.content()
      guard frame.isObject else { return (nil, try AnyValue(message, content)) }
      var key = content.lowerBound..<content.lowerBound
      var value: Range<Int>?
      var cursor = WireCursor(message, content)
      while !cursor.isAtEnd {
        let tag = try cursor.varint()
        switch tag {
        case 0x0a: key = try cursor.content()
        case 0x12: value = try cursor.content()
        default: try cursor.skip(tag)
        }
      }
      return (key, try value.map { range throws(WireFault) in try AnyValue(message, range) } ?? .none)
    }
    return nil
  }

  private mutating func begin(_ value: AnyValue, _ text: inout [UInt8]) throws(WireFault) {
    switch value {
    case .none: text.append(contentsOf: "null".utf8)
    case .string(let range): try write(string: range, &text)
    case .bool(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): text.append(contentsOf: String(value).utf8)
    case .double(let bits): JSONText.append(Double(bitPattern: bits), to: &text)
    case .bytes(let range):
      text.append(UInt8(ascii: "\""))
      Base64Text.append(UnsafeRawBufferPointer(rebasing: message[range]), to: &text)
      text.append(UInt8(ascii: "\""))
    case .array(let range): try open(range, isObject: false, &text)
    case .list(let range): try open(range, isObject: true, &text)
    }
  }

  private mutating func open(_ range: Range<Int>, isObject: Bool, _ text: inout [UInt8]) throws(WireFault) {
    guard open.count < limits.depth else {
      throw WireFault(offset: Self.ofLimit, problem: "has lists more than \(limits.depth) deep; flatten it")
    }
    text.append(UInt8(ascii: isObject ? "{" : "["))
    open.append(Frame(cursor: WireCursor(message, range), isObject: isObject))
  }

  private func write(string range: Range<Int>, _ text: inout [UInt8]) throws(WireFault) {
    let bytes = UnsafeRawBufferPointer(rebasing: message[range])
    guard isValidUTF8(bytes.assumingMemoryBound(to: UInt8.self)) else {
      throw WireFault(offset: Self.ofText, problem: "holds text that is not UTF-8")
    }
    JSONText.append(bytes, to: &text)
  }
}

/// JSON's scalars (RFC 8259).
enum JSONText {
  /// Text in quotes. UTF-8 stays as it is.
  static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        text.append(UInt8(ascii: "\\"))
        text.append(byte)
      case 0x0a: text.append(contentsOf: "\\n".utf8)
      case 0x0d: text.append(contentsOf: "\\r".utf8)
      case 0x09: text.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        text.append(contentsOf: "\\u00".utf8)
        text.append(hexDigits[Int(byte >> 4)])
        text.append(hexDigits[Int(byte & 15)])
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }

  /// With a point or an exponent; as proto3's JSON mapping, what is no number is a string.
  static func append(_ value: Double, to text: inout [UInt8]) {
    if value.isNaN { return text.append(contentsOf: "\"NaN\"".utf8) }
    if value.isInfinite { return text.append(contentsOf: (value < 0 ? "\"-Infinity\"" : "\"Infinity\"").utf8) }
    let digits = FloatText.format(value)
    text.append(contentsOf: digits.utf8)
    if !digits.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e") }) {
      text.append(contentsOf: ".0".utf8)
    }
  }

  static let hexDigits = Array("0123456789abcdef".utf8)
}

/// Base64 with padding (RFC 4648, section 4).
enum Base64Text {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
    var index = 0
    while index < bytes.count {
      let part = bytes[index..<min(index + 3, bytes.count)]
      var word: UInt32 = 0
      for byte in part { word = word << 8 | UInt32(byte) }
      word <<= UInt32(3 - part.count) * 8
      for place in 0..<4 {
        text.append(place <= part.count ? digits[Int(word >> UInt32(18 - place * 6)) & 63] : UInt8(ascii: "="))
      }
      index += 3
    }
  }

  /// Of the common or the URL's alphabet, with or without padding, as proto3's JSON mapping takes it; `nil` for anything else.
  static func decode(_ text: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) -> Bool {
    var text = text[...]
    while text.last == UInt8(ascii: "=") { text.removeLast() }
    guard text.count % 4 != 1 else { return false }
    var word: UInt32 = 0
    var bits: UInt32 = 0
    for character in text {
      guard let digit = digit(character) else { return false }
      word = word << 6 | digit
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: word >> bits))
      }
    }
    return true
  }

  private static func digit(_ character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character) - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character) + 4
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }
}

import FleetModel

/// Values of attributes as JSON (RFC 8259).
enum AttributeJSON {
  static func array<Element>(_ elements: [Element], _ value: (Element) -> SpanValue) -> String {
    "[" + elements.map { text(value($0)) }.joined(separator: ",") + "]"
  }

  static func text(_ value: SpanValue) -> String {
    switch value {
    case .string(let text): quoted(text)
    case .bool(let flag): flag ? "true" : "false"
    case .int(let number): "\(number)"
    // JSON has no NaN and no infinity; the proto3 mapping writes them as text.
    case .double(let number):
      number.isFinite ? "\(number)" : number.isNaN ? "\"NaN\"" : number < 0 ? "\"-Infinity\"" : "\"Infinity\""
    case .bytes: quoted(value.text)
    case .nested(let json): json
    }
  }

  static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    bytes.reserveCapacity(text.utf8.count + 2)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0..<0x20:
        let hex = String(byte, radix: 16)
        bytes += Array("\\u00\(byte < 16 ? "0" : "")\(hex)".utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
    return String(decoding: bytes, as: UTF8.self)
  }
}

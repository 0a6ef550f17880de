/// A message of OTLP as JSON text, the other way of ``OTLPJSON``.
struct OTLPJSONText {
  private struct Frame {
    var schema: OTLPSchema
    var cursor: WireCursor
    /// Which repeated field's array is open; elements of one stand next to each other.
    var array: UInt64?
    var isEmpty = true
  }

  private let message: UnsafeRawBufferPointer
  private var text: [UInt8] = []
  private var open: [Frame] = []

  /// Fields that the schema does not name are left out. O(bytes); no recursion.
  ///
  /// - Throws: ``WireFault`` where the message is none; what this module encoded always is one.
  static func text(_ message: [UInt8], as schema: OTLPSchema) throws(WireFault) -> [UInt8] {
    let result = message.withUnsafeBytes { message -> Result<[UInt8], WireFault> in
      var writing = OTLPJSONText(message: message)
      do throws(WireFault) { try writing.run(schema) } catch { return .failure(error) }
      return .success(writing.text)
    }
    return try result.get()
  }

  private init(message: UnsafeRawBufferPointer) { self.message = message }

  private mutating func run(_ schema: OTLPSchema) throws(WireFault) {
    push(schema, 0..<message.count)
    while var frame = open.popLast() {
      if frame.cursor.isAtEnd {
        if frame.array != nil { text.append(UInt8(ascii: "]")) }
        text.append(UInt8(ascii: "}"))
        continue
      }
      let tag = try frame.cursor.varint()
      guard let field = field(of: frame, tag) else {
        try frame.cursor.skip(tag)
        open.append(frame)
        continue
      }
      begin(field, &frame)
      if case .message(let schema) = field.type {
        let content = try frame.cursor.content()
        open.append(frame)
        push(schema, content)
      } else {
        try write(field.type, &frame.cursor)
        open.append(frame)
      }
    }
  }

  private func field(of frame: Frame, _ tag: UInt64) -> OTLPSchema.Field? {
    frame.schema.fields.first { $0.number << 3 | $0.type.wireType == tag }
  }

  private mutating func push(_ schema: OTLPSchema, _ range: Range<Int>) {
    text.append(UInt8(ascii: "{"))
    open.append(Frame(schema: schema, cursor: WireCursor(message, range)))
  }

  /// Writes what stands before a field's value.
  private mutating func begin(_ field: OTLPSchema.Field, _ frame: inout Frame) {
    if frame.array == field.number { return text.append(UInt8(ascii: ",")) }
    if frame.array != nil { text.append(UInt8(ascii: "]")) }
    if !frame.isEmpty { text.append(UInt8(ascii: ",")) }
    frame.isEmpty = false
    frame.array = field.isRepeated ? field.number : nil
    text.append(contentsOf: "\"\(field.name)\":".utf8)
    if field.isRepeated { text.append(UInt8(ascii: "[")) }
  }

  private mutating func write(_ type: OTLPSchema.FieldType, _ cursor: inout WireCursor) throws(WireFault) {
    switch type {
    case .string: JSONText.append(UnsafeRawBufferPointer(rebasing: message[try cursor.content()]), to: &text)
    case .id:
      text.append(UInt8(ascii: "\""))
      for byte in message[try cursor.content()] {
        text.append(JSONText.hexDigits[Int(byte >> 4)])
        text.append(JSONText.hexDigits[Int(byte & 15)])
      }
      text.append(UInt8(ascii: "\""))
    case .bytes:
      text.append(UInt8(ascii: "\""))
      Base64Text.append(UnsafeRawBufferPointer(rebasing: message[try cursor.content()]), to: &text)
      text.append(UInt8(ascii: "\""))
    case .bool: append(try cursor.varint() != 0 ? "true" : "false")
    case .int32: append(String(Int64(bitPattern: try cursor.varint())))
    case .sint32:
      let number = try cursor.varint()
      append(String(Int64(bitPattern: number >> 1) ^ (0 &- Int64(bitPattern: number & 1))))
    case .fixed32: append(String(try cursor.fixed32()))
    case .int64: append("\"\(Int64(bitPattern: try cursor.varint()))\"")
    case .uint64: append("\"\(try cursor.varint())\"")
    case .fixed64: append("\"\(try cursor.fixed64())\"")
    case .sfixed64: append("\"\(Int64(bitPattern: try cursor.fixed64()))\"")
    case .double: JSONText.append(Double(bitPattern: try cursor.fixed64()), to: &text)
    case .message: break
    }
  }

  private mutating func append(_ words: String) { text.append(contentsOf: words.utf8) }
}

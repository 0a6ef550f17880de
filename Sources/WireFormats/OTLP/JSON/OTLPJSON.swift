/// OTLP's JSON as protobuf, so that one decoder reads both: proto3's JSON mapping
/// (<https://protobuf.dev/programming-guides/json/>) as OTLP narrows it
/// (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>): ids are hex digits, enumerations numbers, keys in
/// camel case alone, unknown keys are passed over.
struct OTLPJSON {
  /// An object or array that is open.
  private struct Frame {
    var schema: OTLPSchema
    /// Of an array: what its elements are.
    var field: OTLPSchema.Field?
    /// Of an object: where its length goes; `nil` of the outermost.
    var lengthAt: Int?
    var isEmpty = true
  }

  private var cursor: JSONCursor
  private var bytes: [UInt8] = []
  private var open: [Frame] = []

  /// The message that a body holds. O(bytes); no recursion.
  ///
  /// - Throws: ``OTLPError`` with line and column.
  static func protobuf(_ body: [UInt8], as schema: OTLPSchema) throws(OTLPError) -> [UInt8] {
    let result = body.withUnsafeBufferPointer { body -> Result<[UInt8], OTLPError> in
      var reading = OTLPJSON(cursor: JSONCursor(body))
      reading.bytes.reserveCapacity(body.count / 2)
      do throws(ExpositionFault) { try reading.run(schema) } catch {
        return .failure(OTLPError(ExpositionError(error, in: body, .agentJSON)))
      }
      return .success(reading.bytes)
    }
    return try result.get()
  }

  private init(cursor: JSONCursor) { self.cursor = cursor }

  private mutating func run(_ schema: OTLPSchema) throws(ExpositionFault) {
    try cursor.expect("{", "at the start of the message")
    open.append(Frame(schema: schema))
    while let frame = open.last {
      if cursor.take(frame.field == nil ? "}" : "]") {
        if let lengthAt = frame.lengthAt { setLength(at: lengthAt) }
        open.removeLast()
        continue
      }
      if !frame.isEmpty { try cursor.expect(",", "between two values") }
      open[open.count - 1].isEmpty = false
      if let field = frame.field { try readValue(field) } else { try readMember(of: frame.schema) }
    }
    guard cursor.peek() < 0 else { throw cursor.fault("there is more behind the message") }
  }

  private mutating func readMember(of schema: OTLPSchema) throws(ExpositionFault) {
    let key = try cursor.string("a key")
    try cursor.expect(":", "behind the key")
    guard let field = schema.fields.first(where: { cursor.isEqual(key, $0.name) }) else { return try cursor.skip() }
    // Of every type null means that the field is left out.
    if cursor.peek() == Int(UInt8(ascii: "n")) { return try cursor.skip() }
    guard field.isRepeated else { return try readValue(field) }
    try cursor.expect("[", "at the start of \(field.name)")
    try push(Frame(schema: schema, field: field))
  }

  private mutating func push(_ frame: Frame) throws(ExpositionFault) {
    guard open.count < JSONCursor.maximumDepth else {
      throw cursor.fault("more than \(JSONCursor.maximumDepth) levels of objects and arrays")
    }
    open.append(frame)
  }

  private mutating func readValue(_ field: OTLPSchema.Field) throws(ExpositionFault) {
    if case .message(let schema) = field.type {
      try cursor.expect("{", "at the start of \(field.name)")
      varint(field.number << 3 | 2)
      let lengthAt = bytes.count
      bytes.append(contentsOf: [0, 0, 0, 0, 0])
      return try push(Frame(schema: schema, lengthAt: lengthAt))
    }
    let place = cursor.position
    varint(field.number << 3 | field.type.wireType)
    switch field.type {
    case .string: appendContent({ $0.decode($1, into: &$2) }, of: try text(field))
    case .id, .bytes: try readBytes(field, at: place)
    case .bool: bytes.append(try readBool(field) ? 1 : 0)
    case .int64, .int32: varint(UInt64(bitPattern: try readInteger(field, Int64.self)))
    case .uint64: varint(try readInteger(field, UInt64.self))
    case .sint32:
      let value = Int64(try readInteger(field, Int32.self))
      varint(UInt64(bitPattern: value << 1 ^ value >> 63))
    case .fixed32: append(try readInteger(field, UInt32.self))
    case .fixed64: append(try readInteger(field, UInt64.self))
    case .sfixed64: append(try readInteger(field, Int64.self))
    case .double: append(try readDouble(field).bitPattern)
    case .message: break
    }
  }

  // MARK: scalars

  private mutating func text(_ field: OTLPSchema.Field) throws(ExpositionFault) -> JSONCursor.Text {
    try cursor.string("\(field.name)")
  }

  /// Adds content of a length that shows once it is written.
  private mutating func appendContent(
    _ write: (JSONCursor, JSONCursor.Text, inout [UInt8]) -> Void, of text: JSONCursor.Text
  ) {
    let lengthAt = bytes.count
    bytes.append(contentsOf: [0, 0, 0, 0, 0])
    write(cursor, text, &bytes)
    setLength(at: lengthAt)
  }

  private mutating func readBytes(_ field: OTLPSchema.Field, at place: Int) throws(ExpositionFault) {
    let text = try text(field)
    var isGood = true
    appendContent(
      { cursor, text, bytes in
        var plain: [UInt8] = []
        cursor.decode(text, into: &plain)
        isGood = plain.withUnsafeBufferPointer { plain in
          guard case .id = field.type else { return Base64Text.decode(plain, into: &bytes) }
          // One byte is no id: it spoils what it stands in, and nothing else of the request.
          if !Self.hex(plain, into: &bytes) { bytes.append(0) }
          return true
        }
      }, of: text)
    if isGood { return }
    throw ExpositionFault(
      offset: place, message: "\(field.name) must be base64, got \(quoted(cursor.bytes(text.range)))")
  }

  /// An odd number of digits makes too few bytes, which is for the reader of the message to find.
  private static func hex(_ digits: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) -> Bool {
    var values: [UInt8] = []
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): values.append(digit - 48)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): values.append(digit - 87)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): values.append(digit - 55)
      default: return false
      }
    }
    for index in 0..<values.count / 2 { bytes.append(values[index * 2] << 4 | values[index * 2 + 1]) }
    return true
  }

  private mutating func readBool(_ field: OTLPSchema.Field) throws(ExpositionFault) -> Bool {
    let byte = cursor.peek()
    guard byte == Int(UInt8(ascii: "t")) || byte == Int(UInt8(ascii: "f")) else {
      throw cursor.fault("expected \(field.name) as a boolean, got \(cursor.kind())")
    }
    try cursor.skip()
    return byte == Int(UInt8(ascii: "t"))
  }

  /// A number's characters, whether it came as a number or as a string.
  private mutating func token(_ field: OTLPSchema.Field) throws(ExpositionFault) -> [UInt8] {
    if cursor.peek() == Int(UInt8(ascii: "\"")) {
      var plain: [UInt8] = []
      cursor.decode(try text(field), into: &plain)
      return plain
    }
    let start = cursor.position
    switch cursor.peek() {
    case 45, 48...57: try cursor.skip()
    default: throw cursor.fault("expected \(field.name) as a number, got \(cursor.kind())")
    }
    return Array(cursor.bytes(start..<cursor.position))
  }

  private mutating func readInteger<Number: FixedWidthInteger>(
    _ field: OTLPSchema.Field, _: Number.Type
  ) throws(ExpositionFault) -> Number {
    _ = cursor.peek()
    let place = cursor.position
    let token = try token(field)
    // `Int("+1")` is a number to Swift but not to JSON.
    if token.first != UInt8(ascii: "+") {
      if let value = Number(String(decoding: token, as: UTF8.self)) { return value }
      // A whole number may be written as a float: 1.0 or 1e3.
      let number = token.withUnsafeBufferPointer { try? FloatText.parse($0) }
      if let number, let value = Number(exactly: number) { return value }
    }
    throw ExpositionFault(
      offset: place,
      message: "\(field.name) must be a whole number from \(Number.min) to \(Number.max), got "
        + token.withUnsafeBufferPointer { quoted($0) })
  }

  private mutating func readDouble(_ field: OTLPSchema.Field) throws(ExpositionFault) -> Double {
    _ = cursor.peek()
    let place = cursor.position
    if cursor.peek() != Int(UInt8(ascii: "\"")) {
      guard cursor.kind() == "a number" else {
        throw cursor.fault("expected \(field.name) as a number, got \(cursor.kind())")
      }
      return try cursor.number()
    }
    let token = try token(field)
    switch String(decoding: token, as: UTF8.self) {
    case "NaN": return .nan
    case "Infinity": return .infinity
    case "-Infinity": return -.infinity
    default: break
    }
    let number = token.withUnsafeBufferPointer { try? FloatText.parse($0) }
    guard let number, number.isFinite else {
      throw ExpositionFault(
        offset: place,
        message: "\(field.name) must be a number, \"NaN\", \"Infinity\" or \"-Infinity\", got "
          + token.withUnsafeBufferPointer { quoted($0) })
    }
    return number
  }

  // MARK: protobuf

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// Five bytes whatever the length, so that nothing has to move; a body has less than 32 GiB.
  private mutating func setLength(at place: Int) {
    var rest = bytes.count - place - 5
    for index in 0..<5 {
      bytes[place + index] = UInt8(truncatingIfNeeded: rest & 0x7f) | (index < 4 ? 0x80 : 0)
      rest >>= 7
    }
  }

  private mutating func append<Number: FixedWidthInteger>(_ value: Number) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

import FleetModel

extension OpenBlock {
  /// A value whose text stands by the block's number of it; `nil` where there is no such number.
  func value(_ value: PackedAttribute.Value) -> SpanValue? {
    switch value {
    case .symbol(let number): Int(number) < names.strings.count ? .string(names.strings[Int(number)]) : nil
    case .text(let bytes): .string(String(decoding: bytes, as: UTF8.self))
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .double(let bits): .double(Double(bitPattern: bits))
    case .bytes(let bytes): .bytes(Array(bytes))
    case .nested(let bytes): .nested(String(decoding: bytes, as: UTF8.self))
    }
  }

  /// - Parameter resource: of ``BlockNames/resources``.
  func attributes(ofResource resource: UInt32) throws(SpanDamage) -> [SpanAttribute] {
    let attributes: [SpanAttribute]? = names.resources[Int(resource)].withUnsafeBytes { bytes in
      var cursor = FieldCursor(bytes)
      var attributes: [SpanAttribute] = []
      while !cursor.isAtEnd {
        let attribute = cursor.attribute()
        guard !cursor.isOverrun, Int(attribute.key) < names.strings.count, let value = value(attribute.value) else {
          return nil
        }
        attributes.append(SpanAttribute(names.strings[Int(attribute.key)], value))
      }
      return attributes
    }
    guard let attributes else { throw SpanDamage("a resource is cut short") }
    return attributes
  }

  /// The value of an attribute's column after `rank` others; `nil` in a column that is no attribute's.
  func value(_ column: Int, _ rank: Int) throws(SpanDamage) -> SpanValue? {
    switch BlockLayout.ColumnKind(rawValue: names.columns[column].kind) {
    case .string: .string(try texts(column).with(rank) { String(decoding: $0, as: UTF8.self) })
    case .nested: .nested(try texts(column).with(rank) { String(decoding: $0, as: UTF8.self) })
    case .bytes: .bytes(try texts(column).with(rank) { Array($0) })
    case .bool: .bool(try numbers(column)[rank] != 0)
    case .int: .int(ZigZag.decode(try numbers(column)[rank]))
    case .double: .double(Double(bitPattern: try numbers(column)[rank]))
    default: nil
    }
  }
}

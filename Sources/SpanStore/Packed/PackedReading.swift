import FleetModel

/// An attribute within a payload.
struct PackedAttribute {
  var key: UInt32
  var value: Value

  enum Value {
    case symbol(UInt32)
    case text(UnsafeRawBufferPointer)
    case bool(Bool)
    case int(Int64)
    case double(UInt64)
    case bytes(UnsafeRawBufferPointer)
    case nested(UnsafeRawBufferPointer)
  }
}

extension FieldCursor {
  @inline(__always)
  mutating func attribute() -> PackedAttribute {
    let head = varint()
    let value: PackedAttribute.Value =
      switch head & 7 {
      case ValueForm.symbol: .symbol(UInt32(truncatingIfNeeded: varint()))
      case ValueForm.text: .text(field())
      case ValueForm.no: .bool(false)
      case ValueForm.yes: .bool(true)
      case ValueForm.int: .int(ZigZag.decode(varint()))
      case ValueForm.double: .double(word())
      case ValueForm.bytes: .bytes(field())
      default: .nested(field())
      }
    return PackedAttribute(key: UInt32(truncatingIfNeeded: head >> 3), value: value)
  }

  mutating func skipAttributes() {
    for _ in 0..<count() where !isOverrun { _ = attribute() }
  }
}

/// A payload's fields but its attributes, at which the cursor stands afterwards.
struct PayloadHead {
  var statusMessage = UnsafeRawBufferPointer(start: nil, count: 0)
  var traceState = UnsafeRawBufferPointer(start: nil, count: 0)
  var flags: UInt32 = 0
  var dropped = DroppedCounts()
  /// Their bytes as they stand, counts included.
  var events = UnsafeRawBufferPointer(start: nil, count: 0)
  var links = UnsafeRawBufferPointer(start: nil, count: 0)

  @inline(__always)
  init(_ cursor: inout FieldCursor, in payload: UnsafeRawBufferPointer) {
    let fields = cursor.byte()
    if fields != 0 { read(fields, &cursor, payload) }
  }

  private mutating func read(_ fields: UInt8, _ cursor: inout FieldCursor, _ payload: UnsafeRawBufferPointer) {
    if fields & PayloadField.statusMessage != 0 { statusMessage = cursor.field() }
    if fields & PayloadField.traceState != 0 { traceState = cursor.field() }
    if fields & PayloadField.flags != 0 { flags = UInt32(truncatingIfNeeded: cursor.varint()) }
    if fields & PayloadField.dropped != 0 {
      dropped.attributes = UInt32(truncatingIfNeeded: cursor.varint())
      dropped.events = UInt32(truncatingIfNeeded: cursor.varint())
      dropped.links = UInt32(truncatingIfNeeded: cursor.varint())
    }
    if fields & PayloadField.events != 0 {
      let start = cursor.position
      for _ in 0..<cursor.count(ofSize: 3) where !cursor.isOverrun {
        _ = cursor.varint()
        _ = cursor.field()
        cursor.skipAttributes()
      }
      events = UnsafeRawBufferPointer(rebasing: payload[start..<cursor.position])
    }
    if fields & PayloadField.links != 0 {
      let start = cursor.position
      for _ in 0..<cursor.count(ofSize: 26) where !cursor.isOverrun {
        _ = cursor.take(24)
        _ = cursor.field()
        cursor.skipAttributes()
      }
      links = UnsafeRawBufferPointer(rebasing: payload[start..<cursor.position])
    }
  }
}

extension PackedSpans {
  /// The span of a row, whole; `nil` where the row is damaged.
  func span(_ row: PackedRow) -> Span? {
    guard let trace = row.traceID, let id = SpanID(rawValue: row.spanID) else { return nil }
    var span = Span(
      traceID: trace, spanID: id, parentID: SpanID(rawValue: row.parent), operation: symbols.string(row.operation),
      agent: symbols.string(row.agent), kind: row.spanKind, state: row.spanState, start: row.start,
      end: row.hasEnded ? row.end : nil)
    let payload = payload(of: row)
    var cursor = FieldCursor(payload)
    let head = PayloadHead(&cursor, in: payload)
    span.statusMessage = String(decoding: head.statusMessage, as: UTF8.self)
    span.traceState = String(decoding: head.traceState, as: UTF8.self)
    span.flags = head.flags
    span.dropped = head.dropped
    if head.events.count > 0 { span.events = events(head.events) }
    if head.links.count > 0 { span.links = links(head.links) }
    span.attributes = attributes(&cursor)
    span.resource = resource(row.resource)
    span.scope = scope(row.scope)
    return span
  }

  func resource(_ number: UInt32) -> [SpanAttribute] {
    var cursor = FieldCursor(resources[number])
    return attributes(&cursor)
  }

  func scope(_ number: UInt32) -> InstrumentationScope {
    var cursor = FieldCursor(scopes[number])
    return InstrumentationScope(name: cursor.text(), version: cursor.text())
  }

  private func attributes(_ cursor: inout FieldCursor) -> [SpanAttribute] {
    var attributes: [SpanAttribute] = []
    while !cursor.isAtEnd {
      let attribute = cursor.attribute()
      if !cursor.isOverrun { attributes.append(self.attribute(attribute)) }
    }
    return attributes
  }

  private func attributes(_ count: Int, _ cursor: inout FieldCursor) -> [SpanAttribute] {
    var attributes: [SpanAttribute] = []
    for _ in 0..<count where !cursor.isOverrun { attributes.append(self.attribute(cursor.attribute())) }
    return attributes
  }

  private func attribute(_ packed: PackedAttribute) -> SpanAttribute {
    SpanAttribute(symbols.string(packed.key), value(packed.value))
  }

  func value(_ value: PackedAttribute.Value) -> SpanValue {
    switch value {
    case .symbol(let number): .string(symbols.string(number))
    case .text(let bytes): .string(String(decoding: bytes, as: UTF8.self))
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .double(let bits): .double(Double(bitPattern: bits))
    case .bytes(let bytes): .bytes(Array(bytes))
    case .nested(let bytes): .nested(String(decoding: bytes, as: UTF8.self))
    }
  }

  private func events(_ bytes: UnsafeRawBufferPointer) -> [SpanEvent] {
    var cursor = FieldCursor(bytes)
    var events: [SpanEvent] = []
    for _ in 0..<cursor.count(ofSize: 3) where !cursor.isOverrun {
      let time = Int64(bitPattern: cursor.varint())
      let name = cursor.text()
      events.append(SpanEvent(time: time, name: name, attributes: attributes(cursor.count(), &cursor)))
    }
    return events
  }

  private func links(_ bytes: UnsafeRawBufferPointer) -> [SpanLink] {
    var cursor = FieldCursor(bytes)
    var links: [SpanLink] = []
    for _ in 0..<cursor.count(ofSize: 26) where !cursor.isOverrun {
      let (high, low, id) = (cursor.word(), cursor.word(), cursor.word())
      let state = cursor.text()
      let list = attributes(cursor.count(), &cursor)
      guard let trace = TraceID(high: high, low: low), let span = SpanID(rawValue: id) else { continue }
      links.append(SpanLink(traceID: trace, spanID: span, traceState: state, attributes: list))
    }
    return links
  }
}

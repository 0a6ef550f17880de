import FleetModel

/// Up to 8192 spans in columns: whole traces one after another, by the time of their start; within a trace by the spans' start.
///
/// ```
/// block:      │ sections varint │ { length varint } … │ section … │
/// 0 names     compressed: strings, resources, scopes, origins, operations, columns, shapes (see BlockNames)
/// 1 traces    │ traces varint │ packed spans of each │ packed first start of each │ { id u64 u64 } … │
/// 2 ids       { u64 } …
/// 3 parents   packed: 0 none, 1 elsewhere, else 2 + zigzag of how many rows before
/// 4 elsewhere { u64 } …: parents that are not in the block's part of the trace
/// 5 starts    packed: nanoseconds after the trace's first start
/// 6 durations packed: nanoseconds; 0 without an end
/// 7 origins   packed: agent, resource and scope, by number
/// 8 operations packed: operation and kind, by number
/// 9 states    packed
/// 10 shapes   packed: which columns have a value of the span, by number
/// 11 …        a column for each key and kind of value: TextColumn or PackedColumn
/// ```
/// All numbers little-endian. A trace of more spans than a block holds goes on in the next one.
enum BlockLayout {
  static let mostRows = 8192
  /// Bytes of payload beyond which a block is closed at the next trace.
  static let mostPayload = 1 << 20
  static let fixedSections = 11

  enum Section {
    static let names = 0
    static let traces = 1
    static let ids = 2
    static let parents = 3
    static let elsewhere = 4
    static let starts = 5
    static let durations = 6
    static let origins = 7
    static let operations = 8
    static let states = 9
    static let shapes = 10
  }

  /// What a column holds: values of a key by their kind, or a field that few spans have.
  enum ColumnKind: UInt8 {
    case string = 0
    case bool = 1
    case int = 2
    case double = 3
    case bytes = 4
    case nested = 5
    case statusMessage = 16
    case traceState = 17
    case flags = 18
    case droppedAttributes = 19
    case droppedEvents = 20
    case droppedLinks = 21
    case events = 22
    case links = 23

    var isText: Bool {
      switch self {
      case .string, .bytes, .nested, .statusMessage, .traceState, .events, .links: true
      default: false
      }
    }
  }
}

/// The names that a block's columns speak of by number.
///
/// ```
/// │ strings varint │ { string } │ resources varint │ { attributes as in a payload, keys and values by string } │ scopes varint │ { scope } │
/// │ origins varint │ { agent, resource, scope: varints } │ operations varint │ { string varint, kind u8 } │
/// │ columns varint │ { kind u8, key varint } │ shapes varint │ { columns varint, column varint … } │
/// ```
struct BlockNames {
  struct Origin: Hashable { var agent, resource, scope: UInt32 }
  struct Operation: Hashable {
    var name: UInt32
    var kind: UInt8
  }
  struct Column: Hashable {
    var kind: UInt8
    var key: UInt32
  }

  var strings: [String] = []
  var resources: [[UInt8]] = []
  var scopes: [[UInt8]] = []
  var origins: [Origin] = []
  var operations: [Operation] = []
  var columns: [Column] = []
  var shapes: [[UInt32]] = []

  init() {}

  func write(to target: inout GrowingMemory<UInt8>) {
    target.appendVarint(UInt64(strings.count))
    for string in strings { target.appendField(string) }
    for list in [resources, scopes] {
      target.appendVarint(UInt64(list.count))
      for bytes in list { bytes.withUnsafeBytes { target.appendField($0) } }
    }
    target.appendVarint(UInt64(origins.count))
    for origin in origins {
      target.appendVarint(UInt64(origin.agent))
      target.appendVarint(UInt64(origin.resource))
      target.appendVarint(UInt64(origin.scope))
    }
    target.appendVarint(UInt64(operations.count))
    for operation in operations {
      target.appendVarint(UInt64(operation.name))
      target.append(operation.kind)
    }
    target.appendVarint(UInt64(columns.count))
    for column in columns {
      target.append(column.kind)
      target.appendVarint(UInt64(column.key))
    }
    target.appendVarint(UInt64(shapes.count))
    for shape in shapes {
      target.appendVarint(UInt64(shape.count))
      for column in shape { target.appendVarint(UInt64(column)) }
    }
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(SpanDamage) {
    var cursor = FieldCursor(bytes)
    for _ in 0..<cursor.count() where !cursor.isOverrun { strings.append(cursor.text()) }
    for _ in 0..<cursor.count() where !cursor.isOverrun { resources.append(Array(cursor.field())) }
    for _ in 0..<cursor.count() where !cursor.isOverrun { scopes.append(Array(cursor.field())) }
    var isSound = true
    func number(below count: Int) -> UInt32 {
      let value = cursor.varint()
      if value >= UInt64(count) { isSound = false }
      return UInt32(truncatingIfNeeded: value)
    }
    for _ in 0..<cursor.count(ofSize: 3) where !cursor.isOverrun {
      let agent = number(below: strings.count)
      let resource = number(below: resources.count)
      origins.append(Origin(agent: agent, resource: resource, scope: number(below: scopes.count)))
    }
    for _ in 0..<cursor.count(ofSize: 2) where !cursor.isOverrun {
      let name = number(below: strings.count)
      operations.append(Operation(name: name, kind: cursor.byte()))
    }
    for _ in 0..<cursor.count(ofSize: 2) where !cursor.isOverrun {
      let kind = cursor.byte()
      if BlockLayout.ColumnKind(rawValue: kind) == nil { isSound = false }
      columns.append(Column(kind: kind, key: number(below: strings.count)))
    }
    for _ in 0..<cursor.count() where !cursor.isOverrun {
      var shape: [UInt32] = []
      for _ in 0..<cursor.count() where !cursor.isOverrun { shape.append(number(below: columns.count)) }
      shapes.append(shape)
    }
    if cursor.isOverrun || !isSound || !cursor.isAtEnd { throw SpanDamage("the names of a block do not make sense") }
  }
}

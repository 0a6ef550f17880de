import FleetModel

/// Spans in few bytes: a row of fixed size each, and a payload of fields that few have and of attributes. Text that comes again
/// and again stands in it by number.
///
/// ```
/// payload:   │ fields u8 │ status message │ trace state │ flags varint │ dropped 3 × varint │ events │ links │ attribute … │
/// events:    │ count varint │ { time varint │ name │ attributes varint │ attribute … } … │
/// links:     │ count varint │ { trace u64 u64 │ span u64 │ trace state │ attributes varint │ attribute … } … │
/// attribute: │ key symbol << 3 | form varint │ value by form: symbol varint; length varint, bytes; zigzag varint; u64 │
/// resource:  │ attribute … │            scope: │ name │ version │        text: │ length varint │ bytes │
/// ```
/// A head is one of these, its log the same bytes with a checksum, and blocks are written from one.
struct PackedSpans: ~Copyable, Sendable {
  var rows = GrowingMemory<PackedRow>()
  var payload = GrowingMemory<UInt8>()
  var symbols = SymbolTable()
  var resources = SymbolTable()
  var scopes = SymbolTable()
  /// Whether the values of a key are worth a number, by the key's symbol.
  private var keyUses = GrowingMemory<KeyUse>()
  /// Keys of the attributes of the last span that was packed: most spans repeat their neighbour's.
  private var lastKeys: [UInt32] = []

  struct KeyUse: BitwiseCopyable {
    var total: UInt32 = 0
    var new: UInt32 = 0

    /// Most of its values were never seen before: they stand in the payload as they are.
    @inline(__always) var isDiverse: Bool { new >= 256 && new > total / 4 }
  }

  init() {}

  /// Longer texts are not worth looking up.
  static let longestSymbol = 128

  /// Bytes that it holds, about.
  var byteCount: Int {
    rows.count * MemoryLayout<PackedRow>.stride + payload.count + symbols.byteCount + resources.byteCount
      + scopes.byteCount
  }

  // MARK: Packing

  /// Packs a sound batch; its rows are the last `batch.count`, without `previous`.
  mutating func append(_ batch: SpanBatch) {
    batch.bytes.withUnsafeBytes { bytes in
      let resources = batch.resources.map { addResource($0, batch, bytes) }
      let scopes = batch.scopes.map { addScope($0, bytes) }
      var lastAgent = (range: BatchRange(), symbol: symbols.intern(UnsafeRawBufferPointer(start: nil, count: 0)))
      for record in batch.spans {
        if record.agent != lastAgent.range {
          lastAgent = (record.agent, symbols.intern(UnsafeRawBufferPointer(rebasing: bytes[record.agent.range])))
        }
        var row = PackedRow(
          traceHigh: record.traceID.high, traceLow: record.traceID.low, spanID: record.spanID.rawValue,
          parent: record.parent, start: record.start, end: record.state.hasEnded ? record.end : 0)
        row.agent = lastAgent.symbol
        row.operation = symbols.intern(UnsafeRawBufferPointer(rebasing: bytes[record.operation.range]))
        row.resource = resources[Int(record.resource)]
        row.scope = scopes[Int(record.scope)]
        row.state = record.state.rawValue
        row.kind = record.kind.rawValue
        row.payload = UInt32(truncatingIfNeeded: payload.count)
        addPayload(record, batch, bytes)
        row.payloadCount = UInt32(truncatingIfNeeded: payload.count - Int(row.payload))
        rows.append(row)
      }
    }
  }

  private mutating func addPayload(_ record: SpanRecord, _ batch: SpanBatch, _ bytes: UnsafeRawBufferPointer) {
    var fields: UInt8 = 0
    let place = payload.count
    payload.append(0)
    if !record.statusMessage.isEmpty {
      fields |= PayloadField.statusMessage
      payload.appendField(UnsafeRawBufferPointer(rebasing: bytes[record.statusMessage.range]))
    }
    if !record.traceState.isEmpty {
      fields |= PayloadField.traceState
      payload.appendField(UnsafeRawBufferPointer(rebasing: bytes[record.traceState.range]))
    }
    if record.flags != 0 {
      fields |= PayloadField.flags
      payload.appendVarint(UInt64(record.flags))
    }
    if record.dropped != DroppedCounts() {
      fields |= PayloadField.dropped
      payload.appendVarint(UInt64(record.dropped.attributes))
      payload.appendVarint(UInt64(record.dropped.events))
      payload.appendVarint(UInt64(record.dropped.links))
    }
    if !record.events.isEmpty {
      fields |= PayloadField.events
      addEvents(record.events, batch, bytes)
    }
    if !record.links.isEmpty {
      fields |= PayloadField.links
      addLinks(record.links, batch, bytes)
    }
    payload[place] = fields
    addAttributes(record.attributes, batch, bytes)
  }

  private mutating func addEvents(_ range: BatchRange, _ batch: SpanBatch, _ bytes: UnsafeRawBufferPointer) {
    payload.appendVarint(UInt64(range.count))
    for event in batch.events[range.range] {
      payload.appendVarint(UInt64(bitPattern: event.time))
      payload.appendField(UnsafeRawBufferPointer(rebasing: bytes[event.name.range]))
      payload.appendVarint(UInt64(event.attributes.count))
      for attribute in batch.attributes[event.attributes.range] { addAttribute(attribute, bytes) }
    }
  }

  private mutating func addLinks(_ range: BatchRange, _ batch: SpanBatch, _ bytes: UnsafeRawBufferPointer) {
    payload.appendVarint(UInt64(range.count))
    for link in batch.links[range.range] {
      payload.appendWord(link.traceID.high)
      payload.appendWord(link.traceID.low)
      payload.appendWord(link.spanID.rawValue)
      payload.appendField(UnsafeRawBufferPointer(rebasing: bytes[link.traceState.range]))
      payload.appendVarint(UInt64(link.attributes.count))
      for attribute in batch.attributes[link.attributes.range] { addAttribute(attribute, bytes) }
    }
  }

  private mutating func addAttributes(_ range: BatchRange, _ batch: SpanBatch, _ bytes: UnsafeRawBufferPointer) {
    batch.attributes.withUnsafeBufferPointer { attributes in
      for (position, index) in range.range.enumerated() {
        let attribute = attributes[index]
        let key = UnsafeRawBufferPointer(rebasing: bytes[attribute.key.range])
        let symbol: UInt32
        if position < lastKeys.count, symbols.isEqual(lastKeys[position], key) {
          symbol = lastKeys[position]
        } else {
          symbol = symbols.intern(key)
          if position < lastKeys.count {
            lastKeys[position] = symbol
          } else if position == lastKeys.count, position < 64 {
            lastKeys.append(symbol)
          }
        }
        addValue(attribute, key: symbol, bytes)
      }
    }
  }

  private mutating func addAttribute(_ attribute: AttributeRecord, _ bytes: UnsafeRawBufferPointer) {
    addValue(attribute, key: symbols.intern(UnsafeRawBufferPointer(rebasing: bytes[attribute.key.range])), bytes)
  }

  @inline(__always)
  private mutating func addValue(_ attribute: AttributeRecord, key: UInt32, _ bytes: UnsafeRawBufferPointer) {
    let head = UInt64(key) << 3
    switch attribute.kind {
    case .string: addText(UnsafeRawBufferPointer(rebasing: bytes[attribute.text.range]), key: key)
    case .bool: payload.appendVarint(head | (attribute.payload != 0 ? ValueForm.yes : ValueForm.no))
    case .int:
      payload.appendVarint(head | ValueForm.int)
      payload.appendVarint(ZigZag.encode(Int64(bitPattern: attribute.payload)))
    case .double:
      payload.appendVarint(head | ValueForm.double)
      payload.appendWord(attribute.payload)
    case .bytes, .nested:
      payload.appendVarint(head | (attribute.kind == .bytes ? ValueForm.bytes : ValueForm.nested))
      payload.appendField(UnsafeRawBufferPointer(rebasing: bytes[attribute.text.range]))
    }
  }

  /// Adds a string to the payload, by number where its key's values repeat.
  mutating func addText(_ text: UnsafeRawBufferPointer, key: UInt32) {
    let head = UInt64(key) << 3
    while keyUses.count <= Int(key) { keyUses.append(KeyUse()) }
    var use = keyUses[Int(key)]
    guard text.count <= Self.longestSymbol, !use.isDiverse else {
      payload.appendVarint(head | ValueForm.text)
      payload.appendField(text)
      return
    }
    let known = symbols.count
    let symbol = symbols.intern(text)
    use.total &+= 1
    if symbols.count > known { use.new &+= 1 }
    keyUses[Int(key)] = use
    payload.appendVarint(head | ValueForm.symbol)
    payload.appendVarint(UInt64(symbol))
  }

  private mutating func addResource(
    _ record: ResourceRecord, _ batch: SpanBatch, _ bytes: UnsafeRawBufferPointer
  ) -> UInt32 {
    // Packed where payloads are packed, and taken away again.
    let place = payload.count
    for attribute in batch.attributes[record.attributes.range] { addAttribute(attribute, bytes) }
    let number = resources.intern(payload.bytes(from: place, count: payload.count - place))
    payload.truncate(to: place)
    return number
  }

  private mutating func addScope(_ record: ScopeRecord, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let place = payload.count
    payload.appendField(UnsafeRawBufferPointer(rebasing: bytes[record.name.range]))
    payload.appendField(UnsafeRawBufferPointer(rebasing: bytes[record.version.range]))
    let number = scopes.intern(payload.bytes(from: place, count: payload.count - place))
    payload.truncate(to: place)
    return number
  }

  // MARK: Undoing

  /// How much there is, to come back to.
  struct Mark {
    var rows = 0
    var payload = 0
    var symbols = 0
    var resources = 0
    var scopes = 0
  }

  var mark: Mark {
    Mark(
      rows: rows.count, payload: payload.count, symbols: symbols.count, resources: resources.count,
      scopes: scopes.count)
  }

  /// Forgets what came after a mark.
  mutating func truncate(to mark: Mark) {
    rows.truncate(to: mark.rows)
    payload.truncate(to: mark.payload)
    symbols.truncate(to: mark.symbols)
    resources.truncate(to: mark.resources)
    scopes.truncate(to: mark.scopes)
    keyUses.truncate(to: mark.symbols)
    lastKeys = []
  }

  func payload(of row: PackedRow) -> UnsafeRawBufferPointer {
    payload.bytes(from: Int(row.payload), count: Int(row.payloadCount))
  }
}

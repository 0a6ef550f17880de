import FleetModel

/// Takes rows of a block over into packed spans, as they were before they became a block.
struct BlockRows {
  private let block: OpenBlock
  /// By the block's numbers; ``PackedRow/none`` where not yet taken over.
  private var symbols: [UInt32]
  private var resources: [UInt32]
  private var scopes: [UInt32]

  init(_ block: OpenBlock) {
    self.block = block
    symbols = [UInt32](repeating: PackedRow.none, count: block.names.strings.count)
    resources = [UInt32](repeating: PackedRow.none, count: block.names.resources.count)
    scopes = [UInt32](repeating: PackedRow.none, count: block.names.scopes.count)
  }

  /// Appends the rows of a trace, in their order.
  ///
  /// - Parameters:
  ///   - ids: `nil` for all of them.
  ///   - spans: always the same.
  mutating func append(_ trace: Int, only ids: Set<SpanID>? = nil, to spans: inout PackedSpans) throws(SpanDamage) {
    guard let id = block.traceID(trace) else { throw SpanDamage("a trace has the id zero") }
    let rows = block.traceRows[trace]..<block.traceRows[trace + 1]
    if let ids, !rows.contains(where: { row in SpanID(rawValue: block.spanID(row)).map(ids.contains) ?? false }) {
      return
    }
    let parents = try block.parents(of: rows, in: trace)
    let starts = try block.fixed(BlockLayout.Section.starts)
    let durations = try block.fixed(BlockLayout.Section.durations)
    var ranks = try block.takeRanks(before: rows.lowerBound)
    for row in rows {
      if let ids, !(SpanID(rawValue: block.spanID(row)).map(ids.contains) ?? false) {
        for column in try block.shape(row) { ranks[Int(column)] += 1 }
        continue
      }
      let start = block.traceStarts[trace] &+ Int64(bitPattern: starts[row])
      var packed = PackedRow(
        traceHigh: id.high, traceLow: id.low, spanID: block.spanID(row), parent: parents[row - rows.lowerBound],
        start: start)
      let state = try block.state(row)
      packed.state = state.rawValue
      packed.end = state.hasEnded ? start &+ Int64(bitPattern: durations[row]) : 0
      let origin = try block.origin(row)
      let operation = try block.operation(row)
      packed.agent = symbol(origin.agent, &spans)
      packed.resource = try resource(origin.resource, &spans)
      packed.scope = scope(origin.scope, &spans)
      packed.operation = symbol(operation.name, &spans)
      packed.kind = operation.kind
      packed.payload = UInt32(truncatingIfNeeded: spans.payload.count)
      try addPayload(row, &ranks, &spans)
      packed.payloadCount = UInt32(truncatingIfNeeded: spans.payload.count - Int(packed.payload))
      // Never of what was written: offsets are of 32 bits, and a block holds little more than 1 MiB.
      if spans.payload.count > Int(UInt32.max) { throw SpanDamage("its spans come to more than 4 GiB") }
      spans.rows.append(packed)
    }
    block.giveBack(ranks, before: rows.upperBound)
  }

  private mutating func symbol(_ string: UInt32, _ spans: inout PackedSpans) -> UInt32 {
    let known = symbols[Int(string)]
    if known != PackedRow.none { return known }
    let symbol = spans.symbols.intern(block.names.strings[Int(string)])
    symbols[Int(string)] = symbol
    return symbol
  }

  private mutating func scope(_ number: UInt32, _ spans: inout PackedSpans) -> UInt32 {
    let known = scopes[Int(number)]
    if known != PackedRow.none { return known }
    let scope = block.names.scopes[Int(number)].withUnsafeBytes { spans.scopes.intern($0) }
    scopes[Int(number)] = scope
    return scope
  }

  private mutating func resource(_ number: UInt32, _ spans: inout PackedSpans) throws(SpanDamage) -> UInt32 {
    let known = resources[Int(number)]
    if known != PackedRow.none { return known }
    let place = spans.payload.count
    let bytes = block.names.resources[Int(number)]
    let result = bytes.withUnsafeBytes { bytes in
      var cursor = FieldCursor(bytes)
      return Result { () throws(SpanDamage) in
        while !cursor.isAtEnd { try transcode(&cursor, &spans) }
      }
    }
    try result.get()
    let resource = spans.resources.intern(spans.payload.bytes(from: place, count: spans.payload.count - place))
    spans.payload.truncate(to: place)
    resources[Int(number)] = resource
    return resource
  }

  /// An attribute of block strings as one of symbols.
  private mutating func transcode(_ cursor: inout FieldCursor, _ spans: inout PackedSpans) throws(SpanDamage) {
    let attribute = cursor.attribute()
    guard !cursor.isOverrun, Int(attribute.key) < symbols.count else { throw SpanDamage("an attribute is cut short") }
    let key = symbol(attribute.key, &spans)
    let head = UInt64(key) << 3
    switch attribute.value {
    case .symbol(let string):
      guard Int(string) < symbols.count else { throw SpanDamage("an attribute's value is of no string") }
      spans.payload.appendVarint(head | ValueForm.symbol)
      spans.payload.appendVarint(UInt64(symbol(string, &spans)))
    case .text(let bytes): Self.append(head | ValueForm.text, bytes, &spans)
    case .bytes(let bytes): Self.append(head | ValueForm.bytes, bytes, &spans)
    case .nested(let bytes): Self.append(head | ValueForm.nested, bytes, &spans)
    case .bool(let value): spans.payload.appendVarint(head | (value ? ValueForm.yes : ValueForm.no))
    case .int(let value):
      spans.payload.appendVarint(head | ValueForm.int)
      spans.payload.appendVarint(ZigZag.encode(value))
    case .double(let bits):
      spans.payload.appendVarint(head | ValueForm.double)
      spans.payload.appendWord(bits)
    }
  }

  private static func append(_ head: UInt64, _ bytes: UnsafeRawBufferPointer, _ spans: inout PackedSpans) {
    spans.payload.appendVarint(head)
    spans.payload.appendField(bytes)
  }

  // MARK: Payload

  private mutating func addPayload(
    _ row: Int, _ ranks: inout [Int], _ spans: inout PackedSpans
  ) throws(SpanDamage) {
    let shape = try block.shape(row)
    let place = spans.payload.count
    spans.payload.append(0)
    var fields: UInt8 = 0
    var dropped = DroppedCounts()
    for column in shape {
      let number = Int(column)
      let rank = ranks[number]
      ranks[number] += 1
      let kind = BlockLayout.ColumnKind(rawValue: block.names.columns[number].kind)
      switch kind {
      case .statusMessage:
        fields |= PayloadField.statusMessage
        try block.texts(number).with(rank) { spans.payload.appendField($0) }
      case .traceState:
        fields |= PayloadField.traceState
        try block.texts(number).with(rank) { spans.payload.appendField($0) }
      case .flags:
        fields |= PayloadField.flags
        spans.payload.appendVarint(try block.numbers(number)[rank])
      case .droppedAttributes: dropped.attributes = UInt32(truncatingIfNeeded: try block.numbers(number)[rank])
      case .droppedEvents: dropped.events = UInt32(truncatingIfNeeded: try block.numbers(number)[rank])
      case .droppedLinks: dropped.links = UInt32(truncatingIfNeeded: try block.numbers(number)[rank])
      case .events, .links:
        Self.addDropped(&dropped, &fields, &spans)
        fields |= kind == .links ? PayloadField.links : PayloadField.events
        let result = try block.texts(number).with(rank) { bytes in
          Result { () throws(SpanDamage) in try addList(bytes, isLinks: kind == .links, &spans) }
        }
        try result.get()
      case .string, .bool, .int, .double, .bytes, .nested, nil:
        Self.addDropped(&dropped, &fields, &spans)
        try addValue(number, rank, &spans)
      }
    }
    Self.addDropped(&dropped, &fields, &spans)
    spans.payload[place] = fields
  }

  /// Writes the counts where they have their place: before events, links and attributes.
  private static func addDropped(_ dropped: inout DroppedCounts, _ fields: inout UInt8, _ spans: inout PackedSpans) {
    guard dropped != DroppedCounts() else { return }
    fields |= PayloadField.dropped
    spans.payload.appendVarint(UInt64(dropped.attributes))
    spans.payload.appendVarint(UInt64(dropped.events))
    spans.payload.appendVarint(UInt64(dropped.links))
    dropped = DroppedCounts()
  }

  private mutating func addList(
    _ bytes: UnsafeRawBufferPointer, isLinks: Bool, _ spans: inout PackedSpans
  ) throws(SpanDamage) {
    var cursor = FieldCursor(bytes)
    let count = cursor.count()
    spans.payload.appendVarint(UInt64(count))
    for _ in 0..<count {
      if isLinks { spans.payload.append(cursor.take(24)) } else { spans.payload.appendVarint(cursor.varint()) }
      spans.payload.appendField(cursor.field())
      let attributes = cursor.count()
      spans.payload.appendVarint(UInt64(attributes))
      for _ in 0..<attributes { try transcode(&cursor, &spans) }
      if cursor.isOverrun { throw SpanDamage("events or links are cut short") }
    }
  }

  private mutating func addValue(_ column: Int, _ rank: Int, _ spans: inout PackedSpans) throws(SpanDamage) {
    let key = symbol(block.names.columns[column].key, &spans)
    let head = UInt64(key) << 3
    switch BlockLayout.ColumnKind(rawValue: block.names.columns[column].kind) {
    case .string: try block.texts(column).with(rank) { spans.addText($0, key: key) }
    case .bytes: try block.texts(column).with(rank) { Self.append(head | ValueForm.bytes, $0, &spans) }
    case .nested: try block.texts(column).with(rank) { Self.append(head | ValueForm.nested, $0, &spans) }
    case .bool:
      spans.payload.appendVarint(head | (try block.numbers(column)[rank] != 0 ? ValueForm.yes : ValueForm.no))
    case .int:
      spans.payload.appendVarint(head | ValueForm.int)
      spans.payload.appendVarint(try block.numbers(column)[rank])
    case .double:
      spans.payload.appendVarint(head | ValueForm.double)
      spans.payload.appendWord(try block.numbers(column)[rank])
    default: throw SpanDamage("a column is no attribute's")
    }
  }
}

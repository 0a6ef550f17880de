import FleetModel

/// Makes blocks of packed spans.
struct BlockWriter: ~Copyable {
  /// A value of a span in a column; sorted by column when the block is complete.
  private struct Value: BitwiseCopyable {
    var column: UInt32
    var symbol: UInt32
    /// A number, or an offset in `scratch`.
    var number: UInt64
    var text: UnsafeRawBufferPointer
  }

  private var names = BlockNames()
  /// By symbol: the block's number of it plus one.
  private var stringCodes: UnsafeMutableBufferPointer<UInt32>
  private var usedSymbols = GrowingMemory<UInt32>()
  /// By symbol, for one column at a time.
  private let textCodes: UnsafeMutableBufferPointer<UInt32>
  private var resources: [UInt32: UInt32] = [:]
  private var scopes: [UInt32: UInt32] = [:]
  private var origins: [BlockNames.Origin: UInt32] = [:]
  private var operations: [BlockNames.Operation: UInt32] = [:]
  private var columns: [BlockNames.Column: UInt32] = [:]
  private var shapes: [[UInt32]: UInt32] = [:]
  /// What the attributes at each position of the last span were: key symbol, kind, column.
  private var guesses: [(key: UInt32, kind: UInt8, column: UInt32)] = []
  private var shape: [UInt32] = []
  private var lastShape: (columns: [UInt32], number: UInt32)?
  private var values = GrowingMemory<Value>()
  private var scratch = GrowingMemory<UInt8>()

  init(_ spans: borrowing PackedSpans) {
    stringCodes = .allocate(capacity: spans.symbols.count + 1)
    stringCodes.initialize(repeating: 0)
    textCodes = .allocate(capacity: spans.symbols.count + 1)
    textCodes.initialize(repeating: 0)
  }

  deinit {
    stringCodes.deallocate()
    textCodes.deallocate()
  }

  private mutating func reset() {
    names = BlockNames()
    for symbol in usedSymbols.elements { stringCodes[Int(symbol)] = 0 }
    usedSymbols.truncate(to: 0)
    resources = [:]
    scopes = [:]
    origins = [:]
    operations = [:]
    columns = [:]
    shapes = [:]
    guesses = []
    lastShape = nil
    values.truncate(to: 0)
    scratch.truncate(to: 0)
  }

  /// Writes a block.
  ///
  /// - Parameters:
  ///   - order: rows, those of a trace together.
  ///   - traces: how many of `order` each trace has; all of the spans' symbols were there when this value was made.
  mutating func write(
    _ spans: borrowing PackedSpans, order: UnsafeBufferPointer<UInt32>, traces: [Int],
    to target: inout GrowingMemory<UInt8>
  ) {
    reset()
    let count = order.count
    var fixed = FixedColumns(count)
    var position = 0
    for traceCount in traces {
      let rows = UnsafeBufferPointer(rebasing: order[position..<position + traceCount])
      fixed.addTrace(rows, spans)
      position += traceCount
    }
    for number in order {
      let row = spans.rows[Int(number)]
      fixed.origins.append(UInt64(origin(row, spans)))
      fixed.operations.append(UInt64(operation(row, spans)))
      fixed.shapes.append(UInt64(addValues(row, spans)))
    }
    var sections = GrowingMemory<UInt8>()
    var lengths: [Int] = []
    var written = 0
    func close(_ sections: borrowing GrowingMemory<UInt8>) {
      lengths.append(sections.count - written)
      written = sections.count
    }
    var named = GrowingMemory<UInt8>()
    names.write(to: &named)
    Deflated.append(named.raw, to: &sections)
    close(sections)
    fixed.write(to: &sections, close)
    writeColumns(to: &sections, close)
    target.appendVarint(UInt64(lengths.count))
    for length in lengths { target.appendVarint(UInt64(length)) }
    target.append(sections.raw)
  }

  // MARK: Names

  private mutating func string(_ symbol: UInt32, _ spans: borrowing PackedSpans) -> UInt32 {
    let known = stringCodes[Int(symbol)]
    if known != 0 { return known - 1 }
    let number = UInt32(truncatingIfNeeded: names.strings.count)
    names.strings.append(spans.symbols.string(symbol))
    stringCodes[Int(symbol)] = number + 1
    usedSymbols.append(symbol)
    return number
  }

  private mutating func origin(_ row: PackedRow, _ spans: borrowing PackedSpans) -> UInt32 {
    let agent = string(row.agent, spans)
    let resource: UInt32
    if let known = resources[row.resource] {
      resource = known
    } else {
      var cursor = FieldCursor(spans.resources[row.resource])
      var bytes = GrowingMemory<UInt8>()
      while !cursor.isAtEnd { transcode(cursor.attribute(), spans, to: &bytes) }
      resource = UInt32(truncatingIfNeeded: names.resources.count)
      names.resources.append(Array(bytes.raw))
      resources[row.resource] = resource
    }
    let scope: UInt32
    if let known = scopes[row.scope] {
      scope = known
    } else {
      scope = UInt32(truncatingIfNeeded: names.scopes.count)
      names.scopes.append(Array(spans.scopes[row.scope]))
      scopes[row.scope] = scope
    }
    let origin = BlockNames.Origin(agent: agent, resource: resource, scope: scope)
    if let known = origins[origin] { return known }
    let number = UInt32(truncatingIfNeeded: names.origins.count)
    names.origins.append(origin)
    origins[origin] = number
    return number
  }

  private mutating func operation(_ row: PackedRow, _ spans: borrowing PackedSpans) -> UInt32 {
    let operation = BlockNames.Operation(name: string(row.operation, spans), kind: row.kind)
    if let known = operations[operation] { return known }
    let number = UInt32(truncatingIfNeeded: names.operations.count)
    names.operations.append(operation)
    operations[operation] = number
    return number
  }

  /// An attribute whose key and symbols are the block's strings.
  private mutating func transcode(
    _ attribute: PackedAttribute, _ spans: borrowing PackedSpans, to target: inout GrowingMemory<UInt8>
  ) {
    let head = UInt64(string(attribute.key, spans)) << 3
    switch attribute.value {
    case .symbol(let symbol):
      target.appendVarint(head | ValueForm.symbol)
      target.appendVarint(UInt64(string(symbol, spans)))
    case .text(let bytes):
      target.appendVarint(head | ValueForm.text)
      target.appendField(bytes)
    case .bool(let value): target.appendVarint(head | (value ? ValueForm.yes : ValueForm.no))
    case .int(let value):
      target.appendVarint(head | ValueForm.int)
      target.appendVarint(ZigZag.encode(value))
    case .double(let bits):
      target.appendVarint(head | ValueForm.double)
      target.appendWord(bits)
    case .bytes(let bytes), .nested(let bytes):
      if case .bytes = attribute.value {
        target.appendVarint(head | ValueForm.bytes)
      } else {
        target.appendVarint(head | ValueForm.nested)
      }
      target.appendField(bytes)
    }
  }

  // MARK: Values

  /// - Returns: the number of the span's shape.
  private mutating func addValues(_ row: PackedRow, _ spans: borrowing PackedSpans) -> UInt32 {
    shape.removeAll(keepingCapacity: true)
    let payload = spans.payload(of: row)
    var cursor = FieldCursor(payload)
    let fields = cursor.position < payload.count ? payload[0] : 0
    let head = PayloadHead(&cursor, in: payload)
    if fields != 0 { addFields(head, spans) }
    var position = 0
    while !cursor.isAtEnd {
      let attribute = cursor.attribute()
      add(attribute, at: position, spans)
      position += 1
    }
    if let lastShape, lastShape.columns == shape { return lastShape.number }
    let number: UInt32
    if let known = shapes[shape] {
      number = known
    } else {
      number = UInt32(truncatingIfNeeded: names.shapes.count)
      names.shapes.append(shape)
      shapes[shape] = number
    }
    lastShape = (shape, number)
    return number
  }

  @inline(__always)
  private mutating func add(_ attribute: PackedAttribute, at position: Int, _ spans: borrowing PackedSpans) {
    switch attribute.value {
    case .symbol(let symbol):
      let column = column(attribute.key, .string, position, spans)
      values.append(Value(column: column, symbol: symbol, number: 0, text: spans.symbols[symbol]))
    case .text(let bytes):
      let column = column(attribute.key, .string, position, spans)
      values.append(Value(column: column, symbol: PackedRow.none, number: 0, text: bytes))
    case .bytes(let bytes):
      let column = column(attribute.key, .bytes, position, spans)
      values.append(Value(column: column, symbol: PackedRow.none, number: 0, text: bytes))
    case .nested(let bytes):
      let column = column(attribute.key, .nested, position, spans)
      values.append(Value(column: column, symbol: PackedRow.none, number: 0, text: bytes))
    case .bool(let value): addNumber(value ? 1 : 0, column(attribute.key, .bool, position, spans))
    case .int(let value): addNumber(ZigZag.encode(value), column(attribute.key, .int, position, spans))
    case .double(let bits): addNumber(bits, column(attribute.key, .double, position, spans))
    }
  }

  @inline(__always)
  private mutating func addNumber(_ number: UInt64, _ column: UInt32) {
    values.append(
      Value(column: column, symbol: 0, number: number, text: UnsafeRawBufferPointer(start: nil, count: 0)))
  }

  @inline(__always)
  private mutating func column(
    _ key: UInt32, _ kind: BlockLayout.ColumnKind, _ position: Int, _ spans: borrowing PackedSpans
  ) -> UInt32 {
    if position < guesses.count {
      let guess = guesses[position]
      if guess.key == key, guess.kind == kind.rawValue {
        shape.append(guess.column)
        return guess.column
      }
    }
    return findColumn(key, kind, position, spans)
  }

  private mutating func findColumn(
    _ key: UInt32, _ kind: BlockLayout.ColumnKind, _ position: Int, _ spans: borrowing PackedSpans
  ) -> UInt32 {
    let column = BlockNames.Column(kind: kind.rawValue, key: string(key, spans))
    let number = self.number(of: column)
    if position < guesses.count {
      guesses[position] = (key, kind.rawValue, number)
    } else if position == guesses.count, position < 64 {
      guesses.append((key, kind.rawValue, number))
    }
    shape.append(number)
    return number
  }

  private mutating func number(of column: BlockNames.Column) -> UInt32 {
    if let known = columns[column] { return known }
    let number = UInt32(truncatingIfNeeded: names.columns.count)
    names.columns.append(column)
    columns[column] = number
    return number
  }

  /// A column that is no attribute's: its key is the first string, whatever that is.
  private mutating func fieldColumn(_ kind: BlockLayout.ColumnKind) -> UInt32 {
    let number = self.number(of: BlockNames.Column(kind: kind.rawValue, key: 0))
    shape.append(number)
    return number
  }

  private mutating func addFields(_ head: PayloadHead, _ spans: borrowing PackedSpans) {
    if head.statusMessage.count > 0 { addText(head.statusMessage, fieldColumn(.statusMessage)) }
    if head.traceState.count > 0 { addText(head.traceState, fieldColumn(.traceState)) }
    if head.flags != 0 { addNumber(UInt64(head.flags), fieldColumn(.flags)) }
    if head.dropped.attributes != 0 { addNumber(UInt64(head.dropped.attributes), fieldColumn(.droppedAttributes)) }
    if head.dropped.events != 0 { addNumber(UInt64(head.dropped.events), fieldColumn(.droppedEvents)) }
    if head.dropped.links != 0 { addNumber(UInt64(head.dropped.links), fieldColumn(.droppedLinks)) }
    if head.events.count > 0 { addTranscoded(head.events, isLinks: false, fieldColumn(.events), spans) }
    if head.links.count > 0 { addTranscoded(head.links, isLinks: true, fieldColumn(.links), spans) }
  }

  private mutating func addText(_ text: UnsafeRawBufferPointer, _ column: UInt32) {
    values.append(Value(column: column, symbol: PackedRow.none, number: 0, text: text))
  }

  /// Events and links, with the block's strings in place of symbols; what it wrote lies in `scratch`.
  private mutating func addTranscoded(
    _ bytes: UnsafeRawBufferPointer, isLinks: Bool, _ column: UInt32, _ spans: borrowing PackedSpans
  ) {
    var written = GrowingMemory<UInt8>()
    var cursor = FieldCursor(bytes)
    let count = cursor.count()
    written.appendVarint(UInt64(count))
    for _ in 0..<count where !cursor.isOverrun {
      if isLinks { written.append(cursor.take(24)) } else { written.appendVarint(cursor.varint()) }
      written.appendField(cursor.field())
      let attributes = cursor.count()
      written.appendVarint(UInt64(attributes))
      for _ in 0..<attributes where !cursor.isOverrun { transcode(cursor.attribute(), spans, to: &written) }
    }
    let offset = scratch.count
    scratch.append(written.raw)
    // The place is known once the scratch grows no more.
    values.append(
      Value(
        column: column, symbol: PackedRow.none, number: UInt64(offset) << 32 | UInt64(written.count),
        text: UnsafeRawBufferPointer(start: nil, count: 0)))
  }

  private mutating func writeColumns(
    to sections: inout GrowingMemory<UInt8>, _ close: (borrowing GrowingMemory<UInt8>) -> Void
  ) {
    var ends = [Int](repeating: 0, count: names.columns.count + 1)
    for value in values.elements { ends[Int(value.column) + 1] += 1 }
    for index in 1..<ends.count { ends[index] += ends[index - 1] }
    let starts = ends
    let sorted = UnsafeMutableBufferPointer<Value>.allocate(capacity: max(values.count, 1))
    defer { sorted.deallocate() }
    for value in values.elements {
      sorted.initializeElement(at: ends[Int(value.column)], to: value)
      ends[Int(value.column)] += 1
    }
    for (number, column) in names.columns.enumerated() {
      let slice = UnsafeMutableBufferPointer(rebasing: sorted[starts[number]..<starts[number + 1]])
      let kind = BlockLayout.ColumnKind(rawValue: column.kind)
      if kind?.isText == true {
        var texts = GrowingMemory<TextColumn.Text>()
        for value in slice {
          var text = value.text
          if kind == .events || kind == .links {
            text = scratch.bytes(
              from: Int(value.number >> 32), count: Int(truncatingIfNeeded: value.number & 0xFFFF_FFFF))
          }
          texts.append(TextColumn.Text(bytes: text, symbol: value.symbol))
        }
        if let codes = textCodes.baseAddress { TextColumn.write(texts.elements, codes: codes, to: &sections) }
      } else {
        var numbers = GrowingMemory<UInt64>()
        for value in slice { numbers.append(value.number) }
        PackedColumn.write(numbers.elements, to: &sections)
      }
      close(sections)
    }
  }
}

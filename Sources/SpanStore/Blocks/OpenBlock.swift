import FleetModel

/// A block being read: its columns are looked at where they lie, as they are asked for. For one query, on one thread.
final class OpenBlock {
  let rows: Int
  /// Whatever keeps the bytes where they are.
  private let owner: AnyObject
  private let bytes: UnsafeRawBufferPointer
  private let sections: [Range<Int>]
  let names: BlockNames
  /// The first row of each trace, and the number of rows.
  let traceRows: [Int]
  let traceStarts: [Int64]
  private let traceIDs: UnsafeRawBufferPointer

  private var numberColumns: [Int: PackedColumn.Reader] = [:]
  private var textColumns: [Int: TextColumn.Reader] = [:]
  /// How many values each column has.
  private lazy var valueCounts: [Int] = countValues()
  /// Values of each column before `rank.row`.
  private var rank: (row: Int, counts: [Int])
  private var elsewhereRank = (row: 0, count: 0)
  /// By column: the key of outlines that it is.
  lazy var outlineColumns: [Int: OutlineKey] = findOutlineColumns()
  /// By string: its number in the query's table.
  private var nameIDs: [UInt32: NameID] = [:]
  /// By resource.
  private var instanceIDs: [UInt32: NameID] = [:]

  /// - Parameter rows: as the segment's footer says.
  init(_ bytes: UnsafeRawBufferPointer, rows: Int, owner: AnyObject) throws(SpanDamage) {
    self.bytes = bytes
    self.rows = rows
    self.owner = owner
    var cursor = FieldCursor(bytes)
    var lengths: [Int] = []
    for _ in 0..<cursor.count() where !cursor.isOverrun {
      lengths.append(Int(truncatingIfNeeded: min(cursor.varint(), UInt64(bytes.count))))
    }
    var start = cursor.position
    var sections: [Range<Int>] = []
    for length in lengths {
      guard length <= bytes.count - start else { throw SpanDamage("a section of a block is cut short") }
      sections.append(start..<start + length)
      start += length
    }
    guard !cursor.isOverrun, sections.count >= BlockLayout.fixedSections else {
      throw SpanDamage("a block has \(sections.count) sections")
    }
    self.sections = sections
    func section(_ number: Int) -> FieldCursor {
      FieldCursor(UnsafeRawBufferPointer(rebasing: bytes[sections[number]]))
    }
    var named = section(BlockLayout.Section.names)
    let text = try Deflated.read(&named)
    let names = text.withUnsafeBytes { bytes in Result { () throws(SpanDamage) in try BlockNames(bytes) } }
    self.names = try names.get()
    guard sections.count == BlockLayout.fixedSections + self.names.columns.count else {
      throw SpanDamage("a block has \(sections.count) sections for \(self.names.columns.count) columns")
    }
    rank = (0, [Int](repeating: 0, count: self.names.columns.count))

    var traces = section(BlockLayout.Section.traces)
    let count = traces.count()
    let counts = try PackedColumn.Reader(&traces, count: count)
    let starts = try PackedColumn.Reader(&traces, count: count)
    traceIDs = traces.take(16 * count)
    if traces.isOverrun || count > rows { throw SpanDamage("the traces of a block are cut short") }
    var row = 0
    var traceRows = [0]
    var traceStarts: [Int64] = []
    traceRows.reserveCapacity(count + 1)
    traceStarts.reserveCapacity(count)
    for index in 0..<count {
      row += Int(truncatingIfNeeded: min(counts[index], UInt64(rows)))
      traceRows.append(row)
      traceStarts.append(Int64(bitPattern: starts[index]))
    }
    guard row == rows, sections[BlockLayout.Section.ids].count == 8 * rows else {
      throw SpanDamage("a block holds \(row) rows, not \(rows)")
    }
    self.traceRows = traceRows
    self.traceStarts = traceStarts
  }

  private func findOutlineColumns() -> [Int: OutlineKey] {
    var found: [Int: OutlineKey] = [:]
    for (number, column) in names.columns.enumerated() where column.kind <= BlockLayout.ColumnKind.nested.rawValue {
      found[number] = OutlineKey(rawValue: names.strings[Int(column.key)])
    }
    return found
  }

  /// - Parameter table: always the same.
  func nameID(_ string: UInt32, _ table: inout NameTable) -> NameID {
    if let known = nameIDs[string] { return known }
    let id = table.number(of: names.strings[Int(string)])
    nameIDs[string] = id
    return id
  }

  /// - Parameter table: always the same.
  func instanceID(_ resource: UInt32, _ table: inout NameTable) throws(SpanDamage) -> NameID {
    if let known = instanceIDs[resource] { return known }
    let id = SpanOutline.instance(of: try attributes(ofResource: resource)).map { table.number(of: $0) } ?? .none
    instanceIDs[resource] = id
    return id
  }

  // MARK: Columns

  var traceCount: Int { traceStarts.count }

  func traceID(_ index: Int) -> TraceID? {
    TraceID(
      high: UInt64(littleEndian: traceIDs.loadUnaligned(fromByteOffset: 16 * index, as: UInt64.self)),
      low: UInt64(littleEndian: traceIDs.loadUnaligned(fromByteOffset: 16 * index + 8, as: UInt64.self)))
  }

  func spanID(_ row: Int) -> UInt64 { word(BlockLayout.Section.ids, row) }

  private func word(_ section: Int, _ index: Int) -> UInt64 {
    let offset = sections[section].lowerBound + 8 * index
    guard offset + 8 <= sections[section].upperBound else { return 0 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// A column that every row has.
  func fixed(_ section: Int) throws(SpanDamage) -> PackedColumn.Reader {
    if let open = numberColumns[section] { return open }
    var cursor = FieldCursor(UnsafeRawBufferPointer(rebasing: bytes[sections[section]]))
    let column = try PackedColumn.Reader(&cursor, count: rows)
    numberColumns[section] = column
    return column
  }

  func numbers(_ column: Int) throws(SpanDamage) -> PackedColumn.Reader {
    let section = BlockLayout.fixedSections + column
    if let open = numberColumns[section] { return open }
    var cursor = FieldCursor(UnsafeRawBufferPointer(rebasing: bytes[sections[section]]))
    let reader = try PackedColumn.Reader(&cursor, count: try countOfValues(column))
    numberColumns[section] = reader
    return reader
  }

  func texts(_ column: Int) throws(SpanDamage) -> TextColumn.Reader {
    if let open = textColumns[column] { return open }
    let section = BlockLayout.fixedSections + column
    var cursor = FieldCursor(UnsafeRawBufferPointer(rebasing: bytes[sections[section]]))
    let reader = try TextColumn.Reader(&cursor, count: try countOfValues(column))
    textColumns[column] = reader
    return reader
  }

  func valueCount(_ column: Int) throws(SpanDamage) -> Int { try countOfValues(column) }

  private func countOfValues(_ column: Int) throws(SpanDamage) -> Int {
    _ = try fixed(BlockLayout.Section.shapes)
    return valueCounts[column]
  }

  func shape(_ row: Int) throws(SpanDamage) -> [UInt32] {
    let number = Int(truncatingIfNeeded: try fixed(BlockLayout.Section.shapes)[row])
    guard names.shapes.indices.contains(number) else { throw SpanDamage("a span is of an unknown shape") }
    return names.shapes[number]
  }

  private func countValues() -> [Int] {
    var counts = [Int](repeating: 0, count: names.columns.count)
    var ofShape = [Int](repeating: 0, count: names.shapes.count)
    if let shapes = try? fixed(BlockLayout.Section.shapes) {
      for row in 0..<rows {
        let shape = Int(truncatingIfNeeded: shapes[row])
        if shape >= 0, shape < ofShape.count { ofShape[shape] += 1 }
      }
    }
    for (shape, count) in zip(names.shapes, ofShape) { for column in shape { counts[Int(column)] += count } }
    return counts
  }

  /// How many values of each column stand before a row. Cheap where rows are asked for in order and the counts, gone on with
  /// row by row, come back by ``giveBack(_:before:)``: columns may be many, and are not to be copied for each trace.
  func takeRanks(before row: Int) throws(SpanDamage) -> [Int] {
    var counts: [Int] = []
    swap(&counts, &rank.counts)
    if row < rank.row || counts.count != names.columns.count {
      rank.row = 0
      counts = [Int](repeating: 0, count: names.columns.count)
    }
    while rank.row < row {
      for column in try shape(rank.row) { counts[Int(column)] += 1 }
      rank.row += 1
    }
    return counts
  }

  func giveBack(_ ranks: consuming [Int], before row: Int) { rank = (row, ranks) }

  /// Zero for a root.
  func parents(of rows: Range<Int>, in trace: Int) throws(SpanDamage) -> [UInt64] {
    let codes = try fixed(BlockLayout.Section.parents)
    if rows.lowerBound < elsewhereRank.row { elsewhereRank = (0, 0) }
    while elsewhereRank.row < rows.lowerBound {
      if codes[elsewhereRank.row] == 1 { elsewhereRank.count += 1 }
      elsewhereRank.row += 1
    }
    let own = traceRows[trace]..<traceRows[trace + 1]
    return rows.map { row in
      defer { elsewhereRank.row = row + 1 }
      switch codes[row] {
      case 0: return 0
      case 1:
        defer { elsewhereRank.count += 1 }
        return word(BlockLayout.Section.elsewhere, elsewhereRank.count)
      case let code:
        let place = row &- Int(truncatingIfNeeded: ZigZag.decode(code - 2))
        return own.contains(place) ? spanID(place) : 0
      }
    }
  }

  func origin(_ row: Int) throws(SpanDamage) -> BlockNames.Origin {
    let number = Int(truncatingIfNeeded: try fixed(BlockLayout.Section.origins)[row])
    guard names.origins.indices.contains(number) else { throw SpanDamage("a span is of an unknown origin") }
    return names.origins[number]
  }

  func operation(_ row: Int) throws(SpanDamage) -> BlockNames.Operation {
    let number = Int(truncatingIfNeeded: try fixed(BlockLayout.Section.operations)[row])
    guard names.operations.indices.contains(number) else { throw SpanDamage("a span is of an unknown operation") }
    return names.operations[number]
  }

  func state(_ row: Int) throws(SpanDamage) -> SpanState {
    SpanState(rawValue: UInt8(truncatingIfNeeded: try fixed(BlockLayout.Section.states)[row])) ?? .completed
  }

  /// The trace's place among those of the block.
  func find(_ trace: TraceID, near place: Int) -> Int? {
    if place < traceCount, traceID(place) == trace { return place }
    return (0..<traceCount).first { traceID($0) == trace }
  }
}

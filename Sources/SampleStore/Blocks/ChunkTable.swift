/// Builds the section of chunks: for each series, in groups of 32,
///
/// ```
/// first of a group only:  file offset of the next data │ number that the next new time column gets
/// chunks - 1 << 2 | mode
/// mode 3 only: distance d: the time columns are next - d, next - d + 1, …
/// for each chunk:
///   mode 1: length of its time column, which is new       mode 2: 0 and that length, or a distance
///   length of its value column; in a block of version 2 twice that, and 1 more for native histograms
/// ```
/// Mode 0: the time columns of the series before. `next` is the number of the next new column. Data stand in the order of
/// chunks, a new time column before the values of its chunk: so lengths alone say where.
struct ChunkTableBuilder {
  struct Entry {
    var column: Int
    /// 0 unless the column is new.
    var timeBytes: Int
    var valueBytes: Int
    var isHistogram = false
  }

  /// Whether the block may hold native histograms.
  let marksHistograms: Bool

  private var table = GroupedTableBuilder(perGroup: BlockFormat.seriesPerGroup)
  private var previous: [Entry] = []
  private var entries: [Entry] = []
  private var start = 0
  private var nextColumn = 0

  var isTooLarge: Bool { table.isTooLarge }
  var chunksOfSeries: Int { entries.count }

  init(marksHistograms: Bool) { self.marksHistograms = marksHistograms }

  /// - Parameter position: where the file was before the chunk's data.
  mutating func add(_ entry: Entry, position: Int) {
    if entries.isEmpty { start = position }
    entries.append(entry)
  }

  mutating func endSeries() {
    let begins = table.beginRecord()
    if begins {
      BlockFormat.append(varint: start, to: &table.bytes)
      BlockFormat.append(varint: nextColumn, to: &table.bytes)
    }
    let mode = mode(begins)
    BlockFormat.append(varint: (entries.count - 1) << 2 | mode, to: &table.bytes)
    if mode == 3 { BlockFormat.append(varint: nextColumn - entries[0].column, to: &table.bytes) }
    for entry in entries {
      if mode == 2 {
        BlockFormat.append(varint: entry.timeBytes > 0 ? 0 : nextColumn - entry.column, to: &table.bytes)
      }
      if entry.timeBytes > 0 {
        BlockFormat.append(varint: entry.timeBytes, to: &table.bytes)
        nextColumn += 1
      }
      let length = marksHistograms ? entry.valueBytes << 1 | (entry.isHistogram ? 1 : 0) : entry.valueBytes
      BlockFormat.append(varint: length, to: &table.bytes)
    }
    swap(&previous, &entries)
    entries.removeAll(keepingCapacity: true)
  }

  private func mode(_ beginsGroup: Bool) -> Int {
    let new = entries.reduce(0) { $0 + ($1.timeBytes > 0 ? 1 : 0) }
    if new == entries.count { return 1 }
    if new > 0 { return 2 }
    if !beginsGroup, entries.count == previous.count, zip(entries, previous).allSatisfy({ $0.column == $1.column }) {
      return 0
    }
    return entries.indices.allSatisfy { entries[$0].column == entries[0].column + $0 } ? 3 : 2
  }

  consuming func finish() -> [UInt8] { table.finish() }
}

/// Reads the chunks of one series after the other; quick where one goes on to the next.
struct ChunkCursor {
  private let table: GroupedTable
  private let dataEnd: Int
  private let columnCount: Int
  private let marksHistograms: Bool
  private var reader: ByteReader
  private(set) var place = -1
  /// Where the data of the next chunk begin.
  private(set) var position = 0
  private(set) var nextColumn = 0
  /// What the group began with.
  private(set) var firstPosition = 0
  private(set) var firstColumn = 0
  /// The time column of each chunk.
  private(set) var columns: [Int] = []
  /// The bytes of each chunk's values in the file.
  private(set) var values: [Range<Int>] = []
  /// Whether they are native histograms; empty in a block that has none.
  private(set) var areHistograms: [Bool] = []
  /// The bytes of new time columns, for whoever verifies them.
  private(set) var newTimes: [Range<Int>] = []
  /// Whether `columns` changed since this was last set to false.
  var hasNewColumns = true

  init(_ table: GroupedTable, dataEnd: Int, columnCount: Int, marksHistograms: Bool) {
    self.table = table
    self.dataEnd = dataEnd
    self.columnCount = columnCount
    self.marksHistograms = marksHistograms
    reader = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
  }

  mutating func move(to target: Int) throws(BlockFlaw) {
    precondition(target >= 0 && target < table.count, "BUG: series \(target) of \(table.count)")
    if target == place { return }
    do throws(BlockFlaw) {
      if place < 0 || target < place || target / table.perGroup != place / table.perGroup {
        try begin(target / table.perGroup)
      }
      while place < target { try step() }
    } catch {
      place = -1
      throw error
    }
  }

  private mutating func begin(_ group: Int) throws(BlockFlaw) {
    reader = table.reader(group: group)
    position = try reader.number(atMost: dataEnd)
    nextColumn = try reader.number(atMost: columnCount)
    (firstPosition, firstColumn) = (position, nextColumn)
    columns.removeAll(keepingCapacity: true)
    hasNewColumns = true
    place = group * table.perGroup - 1
  }

  private mutating func step() throws(BlockFlaw) {
    let head = try reader.varint()
    guard head >> 2 < UInt64(reader.remaining) else {
      throw BlockFlaw("series \(place + 1) cannot have \(head >> 2) chunks")
    }
    let count = Int(head >> 2) + 1
    let mode = head & 3
    values.removeAll(keepingCapacity: true)
    areHistograms.removeAll(keepingCapacity: true)
    newTimes.removeAll(keepingCapacity: true)
    if mode == 0 {
      guard columns.count == count else { throw BlockFlaw("series \(place + 1) has other chunks than the one before") }
      for _ in 0..<count { try value() }
    } else {
      columns.removeAll(keepingCapacity: true)
      hasNewColumns = true
      let first = mode == 3 ? try known() : 0
      for index in 0..<count {
        switch mode {
        case 1: try newColumn()
        case 2: if let column = try code() { columns.append(column) } else { try newColumn() }
        default: columns.append(first + index)
        }
        try value()
      }
      if mode == 3, first + count > nextColumn { throw BlockFlaw("series \(place + 1) names a time column to come") }
    }
    place += 1
  }

  private mutating func value() throws(BlockFlaw) {
    var length: Int
    if marksHistograms {
      length = try reader.number(atMost: (dataEnd - position) << 1 | 1)
      areHistograms.append(length & 1 == 1)
      length >>= 1
    } else {
      length = try reader.number(atMost: dataEnd - position)
    }
    values.append(position..<position + length)
    position += length
  }

  private mutating func newColumn() throws(BlockFlaw) {
    let length = try reader.number(atMost: dataEnd - position)
    guard length > 0, nextColumn < columnCount else {
      throw BlockFlaw("series \(place + 1) begins time column \(nextColumn) of \(columnCount)")
    }
    newTimes.append(position..<position + length)
    position += length
    columns.append(nextColumn)
    nextColumn += 1
  }

  /// A column by its distance; `nil` for a new one.
  private mutating func code() throws(BlockFlaw) -> Int? {
    let distance = try reader.number(atMost: nextColumn)
    return distance == 0 ? nil : nextColumn - distance
  }

  private mutating func known() throws(BlockFlaw) -> Int {
    guard let column = try code() else { throw BlockFlaw("series \(place + 1) names a time column to come") }
    return column
  }
}

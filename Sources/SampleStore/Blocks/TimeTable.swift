/// Where a time column lies and what it holds.
struct TimeRecord: Sendable, Hashable {
  var minTime: Int64
  var maxTime: Int64
  var count: Int
  /// In the file.
  var bytes: Range<Int>
}

/// Builds the section of time columns: for each, in groups of 16,
///
/// ```
/// (first of a group: file offset of its bytes) zigzag(min - min of the one before) │ max - min │ count │
/// (not the first: bytes between the one before and this) │ length
/// ```
/// The minimum before the first of a group counts as 0.
struct TimeTableBuilder {
  private var table = GroupedTableBuilder(perGroup: BlockFormat.timesPerGroup)
  private var previousMin: Int64 = 0
  private var end = 0

  var count: Int { table.count }
  var isTooLarge: Bool { table.isTooLarge }

  mutating func add(_ record: TimeRecord) {
    if table.beginRecord() {
      previousMin = 0
      end = 0
    }
    BlockFormat.append(varint: record.bytes.lowerBound - end, to: &table.bytes)
    BlockFormat.append(varint: BlockFormat.zigzag(record.minTime &- previousMin), to: &table.bytes)
    BlockFormat.append(varint: UInt64(bitPattern: record.maxTime &- record.minTime), to: &table.bytes)
    BlockFormat.append(varint: record.count, to: &table.bytes)
    BlockFormat.append(varint: record.bytes.count, to: &table.bytes)
    previousMin = record.minTime
    end = record.bytes.upperBound
  }

  consuming func finish() -> [UInt8] { table.finish() }
}

/// Reads the records of time columns; quick where one asks for the next ones.
struct TimeCursor {
  private let table: GroupedTable
  private let dataEnd: Int
  private let maximumCount: Int
  private var reader: ByteReader
  private var number = -1
  private var record = TimeRecord(minTime: 0, maxTime: 0, count: 0, bytes: 0..<0)

  init(_ table: GroupedTable, dataEnd: Int, maximumCount: Int) {
    self.table = table
    self.dataEnd = dataEnd
    self.maximumCount = maximumCount
    reader = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
  }

  mutating func read(_ target: Int) throws(BlockFlaw) -> TimeRecord {
    guard target >= 0, target < table.count else { throw BlockFlaw("time column \(target) of \(table.count) is meant") }
    if target == number { return record }
    if number < 0 || target < number || target / table.perGroup != number / table.perGroup {
      let group = target / table.perGroup
      reader = table.reader(group: group)
      number = group * table.perGroup - 1
      record = TimeRecord(minTime: 0, maxTime: 0, count: 0, bytes: 0..<0)
    }
    do throws(BlockFlaw) {
      while number < target { try step() }
    } catch {
      number = -1
      throw error
    }
    return record
  }

  private mutating func step() throws(BlockFlaw) {
    let start = record.bytes.upperBound + (try reader.number(atMost: dataEnd - record.bytes.upperBound))
    let minTime = record.minTime &+ BlockFormat.unzigzag(try reader.varint())
    let maxTime = minTime &+ Int64(bitPattern: try reader.varint())
    let count = try reader.number(atMost: maximumCount)
    let length = try reader.number(atMost: dataEnd - start)
    number += 1
    guard count > 0, maxTime >= minTime, start >= BlockFormat.headerBytes else {
      throw BlockFlaw("time column \(number) cannot have \(count) times in \(minTime) ... \(maxTime) at byte \(start)")
    }
    record = TimeRecord(minTime: minTime, maxTime: maxTime, count: count, bytes: start..<start + length)
  }
}

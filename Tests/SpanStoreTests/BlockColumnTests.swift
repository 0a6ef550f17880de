import TestSupport
import Testing

@testable import SpanStore

@Suite("columns of a block") struct BlockColumnTests {
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func numbersComeBack(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    let count = Int(random.next() % 1000)
    let width = random.next() % 65
    let factors: [UInt64] = [1, 1, 1000, 7]
    let factor = factors[Int(random.next() % 4)]
    var values = GrowingMemory<UInt64>()
    for _ in 0..<count {
      let value = width == 0 ? 0 : random.next() >> (64 - width)
      values.append(value / factor &* factor)
    }
    var bytes = GrowingMemory<UInt8>()
    PackedColumn.write(values.elements, to: &bytes)
    var cursor = FieldCursor(bytes.raw)
    let reader = try PackedColumn.Reader(&cursor, count: count)
    var isSame = true
    for place in 0..<count where reader[place] != values[place] { isSame = false }
    #expect(isSame)
    let isWhole = cursor.isAtEnd && !cursor.isOverrun
    #expect(isWhole)
  }

  /// Nothing that a disk can make of a column leads out of its bytes.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func randomBytesAreRefusedOrRead(seed: UInt64) {
    let random = SeededRandom(seed: seed)
    let bytes = (0..<200).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    bytes.withUnsafeBytes { bytes in
      var cursor = FieldCursor(bytes)
      if let reader = try? PackedColumn.Reader(&cursor, count: 300) { for row in 0..<300 { _ = reader[row] } }
      cursor = FieldCursor(bytes)
      if let reader = try? TextColumn.Reader(&cursor, count: 20) { for row in 0..<20 { reader.with(row) { _ in } } }
      _ = try? BlockNames(bytes)
      _ = try? SegmentFooter(bytes, size: 10_000)
    }
  }

  @Test func mergesTakeFourNeighboursOfOneSize() {
    func entries(_ rows: [Int]) -> [MergePlan.Entry] {
      rows.enumerated().map { MergePlan.Entry(rows: $1, earliest: Int64($0) * 10, latest: Int64($0) * 10 + 15) }
    }
    #expect(MergePlan.next(entries([10, 10, 10]), longest: 1000) == nil)
    #expect(MergePlan.next(entries([10, 10, 10, 10]), longest: 1000) == 0..<4)
    #expect(MergePlan.next(entries([900_000, 10, 10, 10, 10]), longest: 1000) == 1..<5)
    #expect(MergePlan.next(entries([10, 10, 10, 10]), longest: 30) == nil)
    let large = entries([10, 10, 10, 10, 10]).map { entry in
      var entry = entry
      entry.bytes = 100
      entry.traces = 300_000
      return entry
    }
    #expect(
      MergePlan.next(
        large.map { MergePlan.Entry(rows: 10, bytes: 100, earliest: $0.earliest, latest: $0.latest) },
        longest: 1000, mostBytes: 400) == 0..<4)
    #expect(MergePlan.next(large, longest: 1000, mostBytes: 399) == nil)
    #expect(MergePlan.next(large, longest: 1000) == nil, "of more traces than are held in memory")
    #expect(MergePlan.next(entries([1_500_000, 1_500_000, 1_500_000, 1_500_000]), longest: 1000) == nil)
  }
}

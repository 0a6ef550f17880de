/// Another number for each number of some ``RecordPages``; dead pages take 4 bytes.
struct NumberMap: Sendable {
  private var offsets: [UInt32] = []
  private var values: [UInt32] = []

  init() {}

  init<Record>(over records: borrowing RecordPages<Record>) {
    offsets = [UInt32](repeating: .max, count: (records.issued + 63) >> 6)
    var size = 0
    var firsts: [Int] = []
    records.forEachPage { firsts.append($0) }
    for first in firsts {
      offsets[first >> 6] = UInt32(truncatingIfNeeded: size)
      size += 64
    }
    values = [UInt32](repeating: 0, count: size)
  }

  /// 0 for what was never set. Setting has no effect on a number whose page was not there.
  subscript(number: UInt32) -> UInt32 {
    get { place(number).map { values[$0] } ?? 0 }
    set { if let place = place(number) { values[place] = newValue } }
  }

  private func place(_ number: UInt32) -> Int? {
    guard Int(number >> 6) < offsets.count, offsets[Int(number >> 6)] != .max else { return nil }
    return Int(offsets[Int(number >> 6)]) + Int(number & 63)
  }
}

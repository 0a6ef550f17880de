/// Names and labels of a block, read in place. Labels ("pairs") are numbered in the order of (name, value), so that those
/// of one name follow one another, and series in order of labels are in order of their pairs' numbers.
///
/// ```
/// names, each:   length │ name │ number of its first pair
/// pairs, in groups of 16:
///   first of a group only: offset of the next list in the section of postings
///   (not the first: bytes shared with the value before, 0 at the first of a name) │ length of the rest │ the rest
///   postings: (place - the last single place of the group) in zigzag << 1 │ or length of its list << 1 | 1
/// ```
struct LabelTable {
  struct Name {
    var text: UnsafeRawBufferPointer
    var pairs: Range<Int>
  }

  let names: GroupedTable
  let pairs: GroupedTable
  let postings: UnsafeRawBufferPointer
  let seriesCount: Int

  func name(_ index: Int) throws(BlockFlaw) -> Name {
    var reader = names.reader(group: index)
    let text = try reader.text()
    let first = try reader.number(atMost: pairs.count)
    var end = pairs.count
    if index + 1 < names.count {
      var next = names.reader(group: index + 1)
      _ = try next.text()
      end = try next.number(atMost: pairs.count)
    }
    guard first < end else { throw BlockFlaw("label name \(index) has no values") }
    return Name(text: text, pairs: first..<end)
  }

  func find(name: [UInt8]) throws(BlockFlaw) -> Name? {
    try name.withUnsafeBufferPointer { name throws(BlockFlaw) in try find(name: UnsafeRawBufferPointer(name)) }
  }

  private func find(name: UnsafeRawBufferPointer) throws(BlockFlaw) -> Name? {
    var low = 0
    var high = names.count
    while low < high {
      let middle = (low + high) / 2
      var reader = names.reader(group: middle)
      let order = compareBytes(try reader.text(), name)
      if order == 0 { return try self.name(middle) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  func name(ofPair pair: Int) throws(BlockFlaw) -> Name {
    var low = 0
    var high = names.count
    while high - low > 1 {
      let middle = (low + high) / 2
      var reader = names.reader(group: middle)
      _ = try reader.text()
      if try reader.number(atMost: pairs.count) <= pair { low = middle } else { high = middle }
    }
    guard names.count > 0 else { throw BlockFlaw("there are labels and no names") }
    let name = try name(low)
    guard name.pairs.contains(pair) else { throw BlockFlaw("label \(pair) belongs to no name") }
    return name
  }

  /// A cursor at the first of `range` whose value does not come before `value`; behind its end if there is none.
  func lowerBound(_ value: [UInt8], in range: Range<Int>) throws(BlockFlaw) -> PairCursor {
    try value.withUnsafeBufferPointer { value throws(BlockFlaw) in
      try lowerBound(UnsafeRawBufferPointer(value), in: range)
    }
  }

  private func lowerBound(_ value: UnsafeRawBufferPointer, in range: Range<Int>) throws(BlockFlaw) -> PairCursor {
    let perGroup = pairs.perGroup
    var low = (range.lowerBound + perGroup - 1) / perGroup
    var high = (range.upperBound + perGroup - 1) / perGroup
    let firstGroup = low
    while low < high {
      let middle = (low + high) / 2
      var reader = pairs.reader(group: middle)
      _ = try reader.varint()
      if compareBytes(try reader.text(), value) <= 0 { low = middle + 1 } else { high = middle }
    }
    var cursor = PairCursor(self)
    try cursor.move(to: low > firstGroup ? (low - 1) * perGroup : range.lowerBound)
    while cursor.number < range.upperBound, cursor.compare(value) < 0 { try cursor.advance() }
    return cursor
  }
}

/// Reads pairs one after the other; quick where one asks for the next ones.
struct PairCursor {
  private let table: LabelTable
  private var reader = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
  /// May stand behind the last pair after ``advance()``.
  private(set) var number = -1
  private(set) var value: [UInt8] = []
  private(set) var postings = PairPostings.one(0)
  private var listOffset = 0
  private var single = 0

  init(_ table: LabelTable) { self.table = table }

  mutating func move(to target: Int) throws(BlockFlaw) {
    guard target >= 0, target < table.pairs.count else {
      throw BlockFlaw("label \(target) of \(table.pairs.count) is meant")
    }
    if target == number { return }
    do throws(BlockFlaw) {
      if number < 0 || target < number || target / table.pairs.perGroup != number / table.pairs.perGroup {
        number = target / table.pairs.perGroup * table.pairs.perGroup - 1
      }
      while number < target { try advance() }
    } catch {
      number = -1
      throw error
    }
  }

  mutating func advance() throws(BlockFlaw) {
    number += 1
    guard number < table.pairs.count else { return }
    if number % table.pairs.perGroup == 0 {
      reader = table.pairs.reader(group: number / table.pairs.perGroup)
      listOffset = try reader.number(atMost: table.postings.count)
      single = 0
      value.removeAll(keepingCapacity: true)
    } else {
      let shared = try reader.number(atMost: value.count)
      value.removeLast(value.count - shared)
    }
    value.append(contentsOf: try reader.text())
    let code = try reader.varint()
    if code & 1 == 0 {
      let (place, overflow) = single.addingReportingOverflow(Int(BlockFormat.unzigzag(code >> 1)))
      guard !overflow, place >= 0, place < table.seriesCount else {
        throw BlockFlaw("label \(number) names series \(place) of \(table.seriesCount)")
      }
      single = place
      postings = .one(place)
    } else {
      guard code >> 1 <= UInt64(table.postings.count - listOffset) else {
        throw BlockFlaw("the list of label \(number) ends behind its section")
      }
      let end = listOffset + Int(code >> 1)
      postings = .list(listOffset..<end)
      listOffset = end
    }
  }

  /// How the value compares with another.
  func compare(_ other: UnsafeRawBufferPointer) -> Int { value.withUnsafeBytes { compareBytes($0, other) } }
}

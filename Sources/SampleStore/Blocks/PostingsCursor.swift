/// Where the places of one label are written.
enum PairPostings: Sendable, Hashable {
  /// A label of a single series.
  case one(Int)
  /// A list within the section of postings.
  case list(Range<Int>)
}

/// Reads one postings list from its beginning to its end, run by run or by asking for rising places.
struct PostingsCursor {
  private enum Kind { case steps, runs, bits, one }

  let count: Int
  private let kind: Kind
  private let seriesCount: Int
  private var reader: ByteReader
  /// Steps or runs there are, and how many were read.
  private var entries = 0
  private var index = 0
  private var skips = UnsafeRawBufferPointer(start: nil, count: 0)
  private var data = UnsafeRawBufferPointer(start: nil, count: 0)
  /// The run that was read last.
  private(set) var start = 0
  private(set) var end = 0
  /// The first place of the bits.
  private var base = 0

  init(_ postings: PairPostings, in section: UnsafeRawBufferPointer, seriesCount: Int) throws(BlockFlaw) {
    self.seriesCount = seriesCount
    switch postings {
    case .one(let place):
      kind = .one
      count = 1
      entries = 1
      base = place
      reader = ByteReader(section)
    case .list(let range):
      guard range.lowerBound >= 0, range.upperBound <= section.count else {
        throw BlockFlaw("a postings list lies behind the end of its section")
      }
      reader = ByteReader(UnsafeRawBufferPointer(rebasing: section[range]))
      let head = try reader.varint()
      guard head >> 2 <= UInt64(seriesCount), head >> 2 > 0 else {
        throw BlockFlaw("a postings list names \(head >> 2) of \(seriesCount) series")
      }
      count = Int(head >> 2)
      switch head & 3 {
      case 0: (kind, entries) = (.steps, count)
      case 1: (kind, entries) = (.runs, try reader.number(atMost: count))
      case 2:
        kind = .bits
        base = try reader.number(atMost: seriesCount / 8) * 8
        data = try reader.take(reader.remaining)
      default: throw BlockFlaw("a postings list of kind 3")
      }
      if kind != .bits {
        guard entries > 0 else { throw BlockFlaw("a postings list without runs") }
        skips = try reader.take(BlockPostings.skipBytes(entries))
        data = try reader.take(reader.remaining)
        reader = ByteReader(data)
      }
    }
  }

  /// Goes on to the next run, `start ..< end`.
  mutating func next() throws(BlockFlaw) -> Bool {
    switch kind {
    case .steps, .runs:
      guard index < entries else { return false }
      let gap = try reader.number(atMost: seriesCount)
      try readRun(from: end + gap)
    case .one:
      guard index == 0 else { return false }
      index = 1
      start = base
      end = base + 1
    case .bits:
      guard let place = nextBit() else { return false }
      start = place
      end = place + 1
    }
    guard end <= seriesCount else { throw BlockFlaw("a postings list names series \(end - 1) of \(seriesCount)") }
    return true
  }

  private mutating func readRun(from first: Int) throws(BlockFlaw) {
    start = first
    end = first + 1 + (kind == .runs ? try reader.number(atMost: seriesCount) : 0)
    index += 1
  }

  private mutating func nextBit() -> Int? {
    var bit = max(end, base) - base
    while bit < data.count * 8 {
      let rest = data[bit / 8] >> UInt8(bit & 7)
      if rest != 0 { return base + bit + rest.trailingZeroBitCount }
      bit = (bit / 8 + 1) * 8
    }
    return nil
  }

  /// Whether `place` is in the list; places must be asked for in rising order.
  mutating func contains(_ place: Int) throws(BlockFlaw) -> Bool {
    switch kind {
    case .one: return place == base
    case .bits:
      let bit = place - base
      return bit >= 0 && bit < data.count * 8 && data[bit / 8] >> UInt8(bit & 7) & 1 == 1
    case .steps, .runs:
      guard end <= place else { return start <= place }
      try skip(towards: place)
      while end <= place {
        guard try next() else { return false }
      }
      return start <= place
    }
  }

  /// Jumps to the last skip entry that does not lie behind `place`, if it lies ahead: by doubling steps, then halving.
  private mutating func skip(towards place: Int) throws(BlockFlaw) {
    let all = skips.count / 8
    let ahead = max(index - 1, 0) / BlockFormat.entriesPerSkip
    guard ahead < all, skipPlace(ahead) <= place else { return }
    var low = ahead
    var step = 1
    while low + step < all, skipPlace(low + step) <= place {
      low += step
      step *= 2
    }
    var high = min(all, low + step)
    while high - low > 1 {
      let middle = (low + high) / 2
      if skipPlace(middle) <= place { low = middle } else { high = middle }
    }
    guard skipPlace(low) >= end else { return }
    index = (low + 1) * BlockFormat.entriesPerSkip
    reader = ByteReader(
      data, at: Int(UInt32(littleEndian: skips.loadUnaligned(fromByteOffset: low * 8 + 4, as: UInt32.self))))
    try readRun(from: skipPlace(low))
  }

  private func skipPlace(_ index: Int) -> Int {
    Int(UInt32(littleEndian: skips.loadUnaligned(fromByteOffset: index * 8, as: UInt32.self)))
  }

  /// Appends all places.
  mutating func collect(into places: inout [UInt32]) throws(BlockFlaw) {
    var left = count
    while try next() {
      left -= end - start
      guard left >= 0 else { break }
      for place in start..<end { places.append(UInt32(truncatingIfNeeded: place)) }
    }
    try checkCount(left)
  }

  /// Sets the bits of all places.
  mutating func collect(into set: inout PlaceSet) throws(BlockFlaw) {
    var left = count
    while try next() {
      left -= end - start
      guard left >= 0 else { break }
      set.insert(start..<end)
    }
    try checkCount(left)
  }

  private func checkCount(_ left: Int) throws(BlockFlaw) {
    guard left == 0 else { throw BlockFlaw("a postings list holds other than the \(count) series it says") }
  }

  /// Verifies what only jumps use: that each skip entry leads to the place it names.
  mutating func flawOfSkips() throws(BlockFlaw) -> String? {
    guard !skips.isEmpty else { return nil }
    var plain = self
    for skip in 0..<skips.count / 8 {
      while plain.index <= (skip + 1) * BlockFormat.entriesPerSkip {
        guard try plain.next() else { return "ends before skip entry \(skip)" }
      }
      let target = UInt32(littleEndian: skips.loadUnaligned(fromByteOffset: skip * 8 + 4, as: UInt32.self))
      var jump = self
      jump.reader = ByteReader(data, at: Int(target))
      try jump.readRun(from: skipPlace(skip))
      guard jump.start == plain.start, jump.end == plain.end, jump.reader.position == plain.reader.position else {
        return "skip entry \(skip) leads elsewhere"
      }
    }
    return nil
  }
}

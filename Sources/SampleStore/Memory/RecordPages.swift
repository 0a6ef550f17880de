import Glibc

/// Fixed-size records under rising numbers that are never given twice, so that an old number is never taken for a
/// newer record and lists of numbers only grow at their end. A dead record's bytes may all be zero.
///
/// Records lie in pages of 64; a page is given back as soon as all its records are. Records that come together (the
/// series of one instance) mostly go together, so pages do not stay for a few survivors. A dead page costs 9 bytes.
struct RecordPages<Record: BitwiseCopyable>: ~Copyable {
  static var pageRecords: Int { 64 }

  private var pages: UnsafeMutablePointer<UnsafeMutablePointer<Record>?>
  private var liveCounts: UnsafeMutablePointer<UInt8>
  private var pageCapacity = 64
  private var pageCount = 0
  private var livePages = 0
  /// Numbers given so far.
  private(set) var issued = 0

  init() {
    pages = .allocate(capacity: pageCapacity)
    liveCounts = .allocate(capacity: pageCapacity)
  }

  deinit {
    for index in 0..<pageCount { pages[index]?.deallocate() }
    pages.deallocate()
    liveCounts.deallocate()
  }

  var reservedBytes: Int { livePages * Self.pageRecords * MemoryLayout<Record>.stride + pageCapacity * 9 }

  /// Fewer than 2^17 numbers are left: more than one series with all its labels can take.
  var isExhausted: Bool { issued >= Int(UInt32.max) - 1 << 17 }

  /// The first number from `number` on whose page is there; at most ``issued``. Looks at up to `pages` pages.
  func skippingDeadPages(from number: Int, pages limit: Int) -> Int {
    guard number < issued, pages[number >> 6] == nil else { return number }
    var page = number >> 6
    let end = min(pageCount, page + limit)
    while page < end, pages[page] == nil { page += 1 }
    return min(page << 6, issued)
  }

  /// The record's place, `nil` if the number was never given or its page is gone. The caller knows whether the record
  /// itself still lives.
  @inline(__always)
  func pointer(_ number: UInt32) -> UnsafeMutablePointer<Record>? {
    guard Int(number) < issued, let page = pages[Int(number >> 6)] else { return nil }
    return page + Int(number & 63)
  }

  /// Gives all numbers below `number` away unused, so that the next record comes under it. Nothing happens if they were given
  /// already.
  mutating func skip(to number: Int) {
    precondition(number < Int(UInt32.max) - 1, "BUG: numbers are exhausted")
    guard number > issued else { return }
    let old = issued
    clear(old..<min(number, (old + 63) & ~63))
    issued = number
    let wanted = (number + 63) >> 6
    guard wanted > pageCount else { return }
    if pageCount > 0, liveCounts[pageCount - 1] == 0 { freePage(pageCount - 1) }
    while wanted > pageCapacity { growDirectory() }
    (pages + pageCount).initialize(repeating: nil, count: wanted - pageCount)
    (liveCounts + pageCount).initialize(repeating: 0, count: wanted - pageCount)
    pageCount = wanted
    if number & 63 != 0 {
      pages[wanted - 1] = .allocate(capacity: Self.pageRecords)
      livePages += 1
      clear((wanted - 1) << 6..<number)
    }
  }

  /// A record that was skipped is of zeros: dead.
  private func clear(_ numbers: Range<Int>) {
    guard !numbers.isEmpty, let page = pages[numbers.lowerBound >> 6] else { return }
    memset(page + (numbers.lowerBound & 63), 0, numbers.count * MemoryLayout<Record>.stride)
  }

  /// Calls `body` with the number of the first record of each page that is there.
  func forEachPage(_ body: (Int) -> Void) {
    for page in 0..<pageCount where pages[page] != nil { body(page << 6) }
  }

  mutating func append(_ record: Record) -> UInt32 {
    precondition(issued < Int(UInt32.max) - 1, "BUG: numbers are exhausted")
    if issued & 63 == 0 {
      if pageCount == pageCapacity { growDirectory() }
      (pages + pageCount).initialize(to: .allocate(capacity: Self.pageRecords))
      liveCounts[pageCount] = 0
      pageCount += 1
      livePages += 1
      if pageCount > 1, liveCounts[pageCount - 2] == 0 { freePage(pageCount - 2) }
    }
    let number = UInt32(truncatingIfNeeded: issued)
    issued += 1
    pages[Int(number >> 6)]?[Int(number & 63)] = record
    liveCounts[Int(number >> 6)] += 1
    return number
  }

  /// Gives a record back; once for each.
  mutating func release(_ number: UInt32) {
    let page = Int(number >> 6)
    liveCounts[page] -= 1
    if liveCounts[page] == 0, page < pageCount - 1 { freePage(page) }
  }

  private mutating func freePage(_ page: Int) {
    guard let memory = pages[page] else { return }
    memory.deallocate()
    pages[page] = nil
    livePages -= 1
  }

  private mutating func growDirectory() {
    let larger = UnsafeMutablePointer<UnsafeMutablePointer<Record>?>.allocate(capacity: pageCapacity * 2)
    larger.moveInitialize(from: pages, count: pageCount)
    pages.deallocate()
    pages = larger
    let counts = UnsafeMutablePointer<UInt8>.allocate(capacity: pageCapacity * 2)
    counts.moveInitialize(from: liveCounts, count: pageCount)
    liveCounts.deallocate()
    liveCounts = counts
    pageCapacity *= 2
  }
}

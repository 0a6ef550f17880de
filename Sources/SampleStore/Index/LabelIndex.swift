import FleetModel
import Glibc

/// One `name="value"` that some series carry.
struct LabelPair: BitwiseCopyable {
  /// First word of the pair's bytes as ``LabelSet`` encodes them, in the arena.
  var bytes: UInt32
  var byteCount: UInt32
  /// Index into the names.
  var name: UInt32
  var hash: UInt32
  var postings = PostingsList()

  /// Dead pairs keep their place until their page goes.
  var isLive: Bool { byteCount != 0 }
}

/// Interned labels with the series that carry them.
///
/// A pair is interned whole, in the bytes that it has within an encoded ``LabelSet``: the labels of a series are then the
/// concatenation of its pairs' bytes, compared by `memcmp`, and a pair's number finds its postings. Pairs' numbers
/// are never given twice. Names stay known.
struct LabelIndex: ~Copyable {
  struct Name {
    var text: [UInt8]
    /// Numbers of its pairs, rising; some may be dead.
    var pairs: [UInt32] = []
    var dead = 0

    var liveCount: Int { pairs.count - dead }
  }

  var arena = WordArena()
  private(set) var pairs = RecordPages<LabelPair>()
  private(set) var names: [Name] = []
  private var nameNumbers: [[UInt8]: UInt32] = [:]
  private var table = HashSlots()
  private var seed: UInt64
  private(set) var livePairs = 0
  private(set) var postingsBytes = 0
  private var nameBytes = 0

  init(seed: UInt64) { self.seed = seed }

  deinit {
    var bytes = 0
    for number in 0..<pairs.issued {
      guard let pair = pairs.pointer(UInt32(truncatingIfNeeded: number)), pair.pointee.isLive else { continue }
      pair.pointee.postings.free(bytes: &bytes)
    }
  }

  /// Bytes of labels: the pairs' texts and their table; those of postings apart.
  var labelBytes: Int { arena.reservedBytes + pairs.reservedBytes + table.reservedBytes + nameBytes }

  func number(ofName name: [UInt8]) -> UInt32? { nameNumbers[name] }

  /// The pair with these encoded bytes.
  func find(_ bytes: UnsafeRawBufferPointer) -> UInt32? { find(bytes, hash: LabelHash.hash(bytes, seed: seed)) }

  private func find(_ bytes: UnsafeRawBufferPointer, hash: UInt32) -> UInt32? {
    table.find(hash) { number in isPair(number, bytes) }
  }

  @inline(__always)
  private func isPair(_ number: UInt32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let pair = pairs.pointer(number), Int(pair.pointee.byteCount) == bytes.count, let base = bytes.baseAddress
    else { return false }
    return memcmp(arena.words(pair.pointee.bytes), base, bytes.count) == 0
  }

  /// The encoded bytes of a live pair.
  @inline(__always)
  func bytes(_ number: UInt32) -> UnsafeRawBufferPointer {
    guard let pair = pairs.pointer(number) else { preconditionFailure("BUG: pair \(number) is gone") }
    return UnsafeRawBufferPointer(start: arena.words(pair.pointee.bytes), count: Int(pair.pointee.byteCount))
  }

  /// The value's bytes of a live pair.
  func value(_ number: UInt32) -> UnsafeBufferPointer<UInt8> {
    var cursor = LabelCursor(bytes(number))
    guard let label = cursor.next() else { preconditionFailure("BUG: pair \(number) is not a label") }
    return UnsafeRawBufferPointer(rebasing: bytes(number)[label.value]).bindMemory(to: UInt8.self)
  }

  /// Adds a series to the pair with these bytes, which is made if there is none. O(1) but for the copy.
  mutating func add(_ bytes: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, to series: UInt32) -> UInt32 {
    let hash = LabelHash.hash(bytes, seed: seed)
    let number = find(bytes, hash: hash) ?? make(bytes, name: name, hash: hash)
    pairs.pointer(number)?.pointee.postings.insert(series, bytes: &postingsBytes)
    return number
  }

  private mutating func make(_ bytes: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, hash: UInt32) -> UInt32 {
    let text = Array(name)
    return make(bytes, name: nameNumbers[text] ?? addName(text), hash: hash)
  }

  private mutating func addName(_ text: [UInt8]) -> UInt32 {
    let number = UInt32(truncatingIfNeeded: names.count)
    names.append(Name(text: text))
    nameNumbers[text] = number
    nameBytes += text.count * 2 + 160
    return number
  }

  private mutating func make(_ bytes: UnsafeRawBufferPointer, name nameNumber: UInt32, hash: UInt32) -> UInt32 {
    let words = arena.allocate((bytes.count + 3) / 4)
    UnsafeMutableRawBufferPointer(start: arena.words(words), count: bytes.count).copyMemory(from: bytes)
    let number = pairs.append(
      LabelPair(
        bytes: words, byteCount: UInt32(truncatingIfNeeded: bytes.count), name: nameNumber, hash: hash))
    table.insert(hash, number)
    names[Int(nameNumber)].pairs.append(number)
    nameBytes += 8
    livePairs += 1
    return number
  }

  // MARK: from an image

  /// Goes on with the hash of the store that made the image. Nothing has been added yet.
  mutating func adopt(seed: UInt64, expectedPairs: Int) {
    precondition(pairs.issued == 0, "BUG: labels have been hashed with another seed")
    self.seed = seed
    table.reserve(expectedPairs)
  }

  /// Adds the next name; `false` if it is known.
  mutating func adopt(name: [UInt8]) -> Bool {
    guard nameNumbers[name] == nil else { return false }
    _ = addName(name)
    return true
  }

  /// Adds a pair without series under a number that is higher than all before; `false` if the bytes are not those of one label
  /// of this name, or are there already.
  mutating func adopt(pair bytes: UnsafeRawBufferPointer, number: UInt32, name: UInt32) -> Bool {
    guard Int(name) < names.count, Int(number) >= pairs.issued, bytes.count <= WordArena.maximumWords * 4 else {
      return false
    }
    var cursor = LabelCursor(bytes)
    guard let label = cursor.next(), label.whole.count == bytes.count, !label.value.isEmpty,
      bytes[label.name].elementsEqual(names[Int(name)].text)
    else { return false }
    let hash = LabelHash.hash(bytes, seed: seed)
    guard find(bytes, hash: hash) == nil else { return false }
    pairs.skip(to: Int(number))
    _ = make(bytes, name: name, hash: hash)
    return true
  }

  /// Gives the numbers below `number` away.
  mutating func skipPairs(to number: Int) { pairs.skip(to: number) }

  /// Adds a series to a pair by its number; `false` if there is no such pair.
  @inline(__always)
  mutating func adopt(series: UInt32, into number: UInt32) -> Bool {
    guard let pair = pairs.pointer(number), pair.pointee.isLive else { return false }
    pair.pointee.postings.insert(series, bytes: &postingsBytes)
    return true
  }

  /// Takes a series out of a pair; the last one takes the pair with it.
  mutating func remove(_ series: UInt32, from number: UInt32) {
    guard let pair = pairs.pointer(number), pair.pointee.isLive else { return }
    pair.pointee.postings.remove(series, bytes: &postingsBytes)
    guard pair.pointee.postings.count == 0 else { return }
    pair.pointee.postings.free(bytes: &postingsBytes)
    table.remove(pair.pointee.hash, number)
    arena.free(pair.pointee.bytes, count: (Int(pair.pointee.byteCount) + 3) / 4)
    pair.pointee.byteCount = 0
    let name = Int(pair.pointee.name)
    pairs.release(number)
    livePairs -= 1
    names[name].dead += 1
    if names[name].dead * 2 > names[name].pairs.count + 8 { compact(name) }
  }

  private mutating func compact(_ name: Int) {
    var kept: [UInt32] = []
    for number in names[name].pairs where pairs.pointer(number)?.pointee.isLive == true { kept.append(number) }
    nameBytes -= (names[name].pairs.count - kept.count) * 8
    names[name].pairs = kept
    names[name].dead = 0
  }
}

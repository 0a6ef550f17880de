/// A file of a simulated disk: what programs see, and what would be there after a loss of power.
struct SimulatedFile {
  static let sectorBytes = 512

  /// What programs see.
  private(set) var content: [UInt8] = []
  /// What the disk holds.
  private(set) var durable: [UInt8] = []
  /// Sectors of `content` that the disk does not hold yet.
  private var dirty: Set<Int> = []
  /// Handles that keep the file although it may have no name.
  var handles = 0

  init(_ content: [UInt8] = []) {
    self.content = content
    durable = content
  }

  mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    guard !bytes.isEmpty else { return }
    let end = offset + bytes.count
    let changed = min(offset, content.count)..<end
    if content.count < end { content.append(contentsOf: repeatElement(0, count: end - content.count)) }
    content.withUnsafeMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[offset..<end]).copyMemory(from: bytes) }
    mark(changed)
  }

  mutating func truncate(to size: Int) {
    let before = content.count
    if size < before {
      content.removeLast(before - size)
      dirty = dirty.filter { $0 * Self.sectorBytes < size }
      if size > 0 { mark(size - 1..<size) }
    } else {
      content.append(contentsOf: repeatElement(0, count: size - before))
      mark(before..<size)
    }
  }

  /// All of it reaches the disk.
  mutating func sync() {
    durable.resize(to: content.count)
    for sector in dirty { store(sector) }
    dirty.removeAll(keepingCapacity: true)
  }

  /// Some of it reaches the disk, as it may at any time.
  mutating func writeBack(_ random: SeededRandom) {
    for sector in dirty.sorted() where random.happens(0.5) {
      durable.resize(to: max(durable.count, range(of: sector).upperBound))
      store(sector)
      dirty.remove(sector)
    }
  }

  /// Some of it reaches the disk, some is given up: nothing writes it again (fsync(2), "errors"), and what is read may be what was
  /// there before.
  mutating func failSync(dropping probability: Double, _ random: SeededRandom) {
    writeBack(random)
    for sector in dirty.sorted() where random.happens(probability) {
      dirty.remove(sector)
      if random.happens(0.5) { forget(sector) }
    }
  }

  /// What is there after a loss of power: of what was not synced, any sectors in any order, and any length between the old
  /// and the new.
  mutating func losePower(_ random: SeededRandom) {
    let sizes = (min(durable.count, content.count), max(durable.count, content.count))
    let size = [sizes.0, sizes.1, sizes.0 + random.below(sizes.1 - sizes.0 + 1)][random.below(3)]
    let sectors = dirty.sorted()
    let kept = random.subset(of: sectors.count)
    durable.resize(to: size)
    for (index, sector) in sectors.enumerated() where kept[index] { store(sector) }
    content = durable
    dirty.removeAll()
    handles = 0
  }

  mutating func flipBit(_ bit: Int, ofByte index: Int) {
    content[index] ^= 1 << UInt8(bit)
    if index < durable.count { durable[index] ^= 1 << UInt8(bit) }
  }

  private func range(of sector: Int) -> Range<Int> {
    sector * Self.sectorBytes..<min((sector + 1) * Self.sectorBytes, content.count)
  }

  private mutating func mark(_ bytes: Range<Int>) {
    guard !bytes.isEmpty else { return }
    for sector in bytes.lowerBound / Self.sectorBytes...(bytes.upperBound - 1) / Self.sectorBytes {
      dirty.insert(sector)
    }
  }

  /// Copies a sector to the disk as far as the file reaches there.
  private mutating func store(_ sector: Int) {
    let range = range(of: sector).clamped(to: 0..<durable.count)
    durable.replaceSubrange(range, with: content[range])
  }

  /// Lets programs see what the disk holds of a sector.
  private mutating func forget(_ sector: Int) {
    for index in range(of: sector) { content[index] = index < durable.count ? durable[index] : 0 }
  }
}

extension [UInt8] {
  fileprivate mutating func resize(to size: Int) {
    if size < count { removeLast(count - size) } else { append(contentsOf: repeatElement(0, count: size - count)) }
  }
}

extension SeededRandom {
  func happens(_ probability: Double) -> Bool {
    probability > 0 && Double(next() >> 11) * 0x1p-53 < probability
  }

  func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

  /// Which of `count` things in order are kept: none, all, those up to a point, or any.
  func subset(of count: Int) -> [Bool] {
    switch below(6) {
    case 0: return Array(repeating: false, count: count)
    case 1: return Array(repeating: true, count: count)
    case 2:
      let kept = below(count + 1)
      return (0..<count).map { $0 < kept }
    default: return (0..<count).map { _ in happens(0.5) }
    }
  }
}

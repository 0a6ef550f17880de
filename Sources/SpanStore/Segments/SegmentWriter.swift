import FleetModel
import Platform
import SystemPackage

/// Writes one segment: block after block, then what finds them.
struct SegmentWriter: ~Copyable {
  private let file: any OutputFile
  private let files: any FileSystem
  private var footer: SegmentFooter
  private var offset: UInt64
  private var numbers: [String: UInt32] = [:]
  private var index = GrowingMemory<UInt64>()
  /// Written to the file once it is long enough.
  private var pending = GrowingMemory<UInt8>()
  private static let writeSize = 1 << 20

  var rows: Int { footer.rows }

  init(_ path: FilePath, _ files: any FileSystem, sequences: ClosedRange<UInt64>, seed: UInt64) throws(FileError) {
    self.files = files
    file = try files.create(path)
    footer = SegmentFooter(sequences: sequences, seed: seed)
    offset = 0
    var header = SegmentFooter.magic
    withUnsafeBytes(of: SegmentFooter.version.littleEndian) { header.append(contentsOf: $0) }
    let checksum = header.withUnsafeBytes { CRC32C.checksum($0) }
    withUnsafeBytes(of: checksum.littleEndian) { header.append(contentsOf: $0) }
    header.withUnsafeBytes { pending.append($0) }
  }

  private var position: UInt64 { offset + UInt64(pending.count) }

  private mutating func flush() throws(FileError) {
    try file.write(pending.raw, at: offset)
    offset += UInt64(pending.count)
    pending.truncate(to: 0)
  }

  private mutating func number(_ name: String) -> UInt32 {
    if let known = numbers[name] { return known }
    let number = UInt32(truncatingIfNeeded: footer.names.count)
    footer.names.append(name)
    numbers[name] = number
    return number
  }

  // MARK: Blocks

  /// Writes a block of rows, those of a trace together.
  mutating func add(
    _ spans: borrowing PackedSpans, _ writer: inout BlockWriter, order: UnsafeBufferPointer<UInt32>, traces: [Int],
    isContinued: Bool
  ) throws(FileError) {
    guard let first = order.first else { return }
    let begin = pending.count
    writer.write(spans, order: order, traces: traces, to: &pending)
    let start = spans.rows[Int(first)].start
    var block = SegmentFooter.Block(
      offset: offset + UInt64(begin), length: pending.count - begin,
      checksum: CRC32C.checksum(pending.bytes(from: begin, count: pending.count - begin)), rows: order.count,
      isContinued: isContinued, starts: start...start, latest: start, pairs: [])
    summarize(spans, order, &block)
    var position = 0
    for (trace, count) in traces.enumerated() {
      let row = spans.rows[Int(order[position])]
      addToIndex(row.traceHigh, row.traceLow, block: footer.blocks.count, trace: trace)
      position += count
    }
    footer.blocks.append(block)
    if pending.count >= Self.writeSize { try flush() }
  }

  private struct PairKey: Hashable {
    var agent, operation: UInt32
    var kind: UInt8
  }

  private mutating func summarize(
    _ spans: borrowing PackedSpans, _ order: UnsafeBufferPointer<UInt32>, _ block: inout SegmentFooter.Block
  ) {
    var places: [PairKey: Int] = [:]
    var (first, last) = (block.starts.lowerBound, block.starts.upperBound)
    var lastPair: (key: PairKey, place: Int)?
    for number in order {
      let row = spans.rows[Int(number)]
      first = min(first, row.start)
      last = max(last, row.start)
      block.latest = max(block.latest, max(row.start, row.end))
      let key = PairKey(agent: row.agent, operation: row.operation, kind: row.kind)
      let place: Int
      if let lastPair, lastPair.key == key {
        place = lastPair.place
      } else if let known = places[key] {
        place = known
      } else {
        place = block.pairs.count
        places[key] = place
        block.pairs.append(
          SegmentFooter.Pair(agent: row.agent, operation: row.operation, kind: row.kind, states: 0, longest: 0))
      }
      lastPair = (key, place)
      block.pairs[place].states |= 1 << row.state
      if let duration = row.duration { block.pairs[place].longest = max(block.pairs[place].longest, duration) }
    }
    block.starts = first...last
    // Names of pairs that are not listed would stay in memory for nothing.
    if block.pairs.count > SegmentFooter.mostPairs { block.pairs = [] }
    for place in block.pairs.indices {
      block.pairs[place].agent = number(spans.symbols.string(block.pairs[place].agent))
      block.pairs[place].operation = number(spans.symbols.string(block.pairs[place].operation))
    }
  }

  private mutating func addToIndex(_ high: UInt64, _ low: UInt64, block: Int, trace: Int) {
    let fingerprint = SegmentFooter.fingerprint(high, low, seed: footer.seed)
    index.append(UInt64(fingerprint) << 32 | UInt64(block) << 13 | UInt64(trace))
  }

  /// Takes over a block of another segment as it is.
  mutating func copy(
    _ block: SegmentFooter.Block, names: [String], bytes: UnsafeRawBufferPointer, traces: [(high: UInt64, low: UInt64)]
  ) throws(FileError) {
    var copied = block
    copied.offset = position
    for place in copied.pairs.indices {
      copied.pairs[place].agent = number(names[Int(copied.pairs[place].agent)])
      copied.pairs[place].operation = number(names[Int(copied.pairs[place].operation)])
    }
    pending.append(bytes)
    for (place, trace) in traces.enumerated() {
      addToIndex(trace.high, trace.low, block: footer.blocks.count, trace: place)
    }
    footer.blocks.append(copied)
    if pending.count >= Self.writeSize { try flush() }
  }

  // MARK: End

  /// Writes what finds the blocks, and makes the file last: its name is the caller's to sync.
  mutating func finish() throws(FileError) {
    var entries = UnsafeMutableBufferPointer(start: index.start, count: index.count)
    entries.sort()
    footer.indexOffset = position
    footer.indexCount = index.count
    let begin = pending.count
    for entry in index.elements { append(UInt32(truncatingIfNeeded: entry >> 32)) }
    for entry in index.elements { append(UInt32(truncatingIfNeeded: entry)) }
    footer.indexChecksum = CRC32C.checksum(pending.bytes(from: begin, count: pending.count - begin))
    let footerOffset = position
    var raw = GrowingMemory<UInt8>()
    footer.write(to: &raw)
    let footerBegin = pending.count
    Deflated.append(raw.raw, to: &pending)
    let length = pending.count - footerBegin
    let checksum = CRC32C.checksum(pending.bytes(from: footerBegin, count: length))
    pending.appendWord(footerOffset)
    append(UInt32(truncatingIfNeeded: length))
    append(checksum)
    SegmentFooter.endMagic.withUnsafeBytes { pending.append($0) }
    try flush()
    try file.sync()
    try file.close()
  }

  private mutating func append(_ number: UInt32) {
    UnsafeMutableRawPointer(pending.room(4)).storeBytes(of: number.littleEndian, as: UInt32.self)
    pending.advance(4)
  }

  func abandon() {
    try? file.close()
    try? files.remove(file.path)
  }
}

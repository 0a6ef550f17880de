import FleetModel
import Platform
import SystemPackage
import TestSupport

@testable import SampleStore

/// What blocks hold, as plainly as can be said: for each series its samples by time.
typealias PlainSeries = [LabelSet: [Int64: Double]]

struct BlockFixture {
  let scratch: ScratchDirectory
  let files = SystemFileSystem()

  init() throws { scratch = try ScratchDirectory() }

  func path(_ name: String) -> FilePath { scratch.path.appending(name) }

  /// Writes series in their order, each with its columns.
  func write(_ name: String, sequence: UInt64 = 1, _ series: [LabelSet: [SampleColumns]]) throws -> Block {
    var writer = try BlockWriter(files: files, path: path(name), sequence: sequence)
    do {
      for (labels, columns) in series.sorted(by: { LabelSet.precedes($0.key, $1.key) }) {
        try labels.encoded.withUnsafeBytes { try writer.beginSeries(encodedLabels: $0) }
        for columns in columns {
          try columns.timestamps.withUnsafeBufferPointer { times in
            try columns.values.withUnsafeBufferPointer { try writer.append(times: times, values: $0) }
          }
        }
      }
    } catch {
      writer.abandon()
      throw error
    }
    let summary = try writer.finish()
    let block = try Block(files: files, path: path(name))
    precondition(block.summary == summary, "BUG: the summary reads back as \(block.summary), not \(summary)")
    return block
  }

  func write(_ name: String, sequence: UInt64 = 1, _ series: PlainSeries) throws -> Block {
    try write(name, sequence: sequence, series.mapValues { [Self.columns($0)] })
  }

  static func columns(_ samples: [Int64: Double]) -> SampleColumns {
    let sorted = samples.sorted { $0.key < $1.key }
    return SampleColumns(timestamps: sorted.map(\.key), values: sorted.map(\.value))
  }

  /// All series of a block as a reader sees them; of equal times the first chunk's counts.
  static func read(_ block: Block) throws -> PlainSeries {
    var reader = block.reader()
    var joiner = SampleJoiner()
    var series: PlainSeries = [:]
    for place in 0..<Block.Place(block.summary.series) {
      try reader.readChunks(place)
      let columns = try joiner.join([(block, reader.chunks)], from: .min, through: .max)
      let labels = LabelSet(canonicalEncoding: try reader.labels(place))
      precondition(series[labels] == nil, "BUG: \(labels) is there twice")
      series[labels] = Dictionary(uniqueKeysWithValues: zip(columns.timestamps, columns.values))
    }
    return series
  }
}

/// Equal bit for bit, so that NaN equals itself.
func isSame(_ left: PlainSeries, _ right: PlainSeries) -> Bool {
  left.mapValues { $0.mapValues(\.bitPattern) } == right.mapValues { $0.mapValues(\.bitPattern) }
}

extension SplitMix {
  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  mutating func labels() -> LabelSet {
    var labels = ["__name__": "m\(number(0...3))"]
    for name in ["agent", "zone", "le"] where number(0...3) > 0 { labels[name] = "\(name)-\(number(0...9))" }
    if number(0...9) == 0 { labels["trace"] = String(repeating: "x", count: number(0...300)) + "\(next())" }
    if number(0...19) == 0 { for index in 0...number(0...40) { labels["l\(index)"] = "v" } }
    if number(0...99) == 0 { labels = [:] }
    return LabelSet(labels)
  }

  mutating func samples(from start: Int64, atMost count: Int) -> [Int64: Double] {
    var samples: [Int64: Double] = [:]
    var time = start
    let isRegular = number(0...1) == 0
    for _ in 0..<number(1...count) {
      samples[time] = number(0...20) == 0 ? StaleMarker.value : Double(number(0...1000)) / 10
      time += isRegular ? 1000 : Int64(number(1...5000))
    }
    return samples
  }

  mutating func matcher() -> LabelMatcher {
    let name = ["__name__", "agent", "zone", "le", "trace", "l3", "absent"].randomElement(using: &self) ?? ""
    let operation = LabelMatcher.Operation.allCases.randomElement(using: &self) ?? .equal
    let value = ["", "m1", "agent-3", "zone-0", "le-9", "none"].randomElement(using: &self) ?? ""
    let pattern =
      ["", ".*", ".+", "m.", "agent-[1-4]", "(le|zone)-.*", "m1|m2", "agent.*|", "zone-0|nothing", ".*-3", "^le-[12]$"]
      .randomElement(using: &self) ?? ""
    return LabelMatcher(name, operation, operation == .equal || operation == .notEqual ? value : pattern)
  }
}

/// A file's bytes as a mapped file.
func mapped(_ bytes: [UInt8]) -> MappedFile {
  let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 16)
  copy.copyBytes(from: bytes)
  return MappedFile(path: "a.block", bytes: UnsafeRawBufferPointer(rebasing: copy[..<bytes.count])) { $0.deallocate() }
}

/// Gives forged bytes the checksums that fit, where they can be found.
func resealed(_ bytes: [UInt8]) -> [UInt8] {
  var bytes = bytes
  let footer = bytes.count - BlockFooter.bytes
  guard footer >= BlockFormat.headerBytes else { return bytes }
  func number(_ offset: Int) -> Int { (0..<6).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }
  func store(_ checksum: UInt32, _ offset: Int) {
    for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index)) }
  }
  func checksum(_ range: Range<Int>) -> UInt32 {
    bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
  store(checksum(0..<12), 12)
  let dataEnd = number(footer + 40)
  var start = dataEnd
  for section in BlockFormat.Section.allCases.indices {
    let length = number(footer + 64 + section * 12)
    guard length <= footer - start else { break }
    if section == 0, dataEnd <= footer {
      for page in 0..<min(length / 4, (dataEnd + BlockFormat.pageBytes - 1) / BlockFormat.pageBytes) {
        let first = page * BlockFormat.pageBytes
        store(checksum(first..<min(dataEnd, first + BlockFormat.pageBytes)), start + page * 4)
      }
    }
    store(checksum(start..<start + length), footer + 64 + section * 12 + 8)
    start += length
  }
  store(checksum(footer..<footer + 148), footer + 148)
  return bytes
}

/// Reads all that a reader may be asked for; throws where the bytes are bad.
func readEverything(_ block: Block) throws {
  _ = block.check()
  let matchers = try [
    LabelMatcher("__name__", .matches, "m.*"), LabelMatcher("agent", .notEqual, "agent-3"),
    LabelMatcher("le", .matchesNot, "le-[12]"), LabelMatcher("zone", .equal, "zone-1"),
  ].compactMap { try CompiledMatcher.compile($0) }
  for count in 0...matchers.count { _ = try? block.find(Array(matchers[..<count])) }
  try? block.forEachLabel { _, _, _ in }
  let all = try block.find([])
  _ = try? block.labelNames(Array(all.dropLast()))
  _ = try? block.labelValues(of: Array("agent".utf8), Array(all.dropLast()))
  for place in all.prefix(200) { _ = try? block.encodedLabels(place) }
  _ = try BlockFixture.read(block)
}

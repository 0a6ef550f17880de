import FleetModel
import Platform
import SystemPackage

/// Which blocks count and what is being deleted: the one file that says what the store is, replaced as a whole.
///
/// ```
/// payload of its single frame, all numbers little-endian
/// │ hash seed u64 │ next number u64 │ blocks u32 │ deletions u32 │ block … │ deletion … │
/// block:    │ file number u64 │ sequence u64 │ min time i64 │ max time i64 │ series u64 │ chunks u64 │ samples u64 │ bytes u64 │
/// deletion: │ from i64 │ through i64 │ head u8 │ matchers u32 │ matcher … │ blocks u32 │ file number u64 … │
/// matcher:  │ operation u8: 0 =, 1 !=, 2 =~, 3 !~ │ name: u32 length, UTF-8 │ value: u32 length, UTF-8 │
/// ```
struct Manifest: Sendable, Hashable {
  struct Entry: Sendable, Hashable {
    /// Of the block's file. A merge keeps the lowest sequence of its sources, but is a file of its own.
    var number: UInt64
    var summary: BlockSummary
  }

  /// A deletion that has begun. It stays here until all of it is done, so that a restart completes it.
  struct Deletion: Sendable, Hashable {
    var matchers: [LabelMatcher]
    var from: Int64
    var through: Int64
    /// A checkpoint without the deleted samples is not yet durable: the log would bring them back.
    var includesHead: Bool
    /// File numbers of the blocks that may still hold samples to delete.
    var blocks: [UInt64]

    var isDone: Bool { !includesHead && blocks.isEmpty }

    /// Whether both ask for the same.
    func isSame(as other: Deletion) -> Bool {
      matchers == other.matchers && from == other.from && through == other.through
    }
  }

  static let kind = FrameFile.Kind(magic: "SKEPMANI", version: 1)

  /// Of the hash of labels.
  var hashSeed: UInt64
  /// The next block's file number, and its sequence if it comes from the head.
  var nextNumber: UInt64 = 1
  /// By rising sequence.
  private(set) var blocks: [Entry] = []
  var deletions: [Deletion] = []

  init(hashSeed: UInt64) { self.hashSeed = hashSeed }

  mutating func insert(_ entry: Entry) {
    let place = blocks.firstIndex { ($0.summary.sequence, $0.number) > (entry.summary.sequence, entry.number) }
    blocks.insert(entry, at: place ?? blocks.count)
    nextNumber = max(nextNumber, entry.number &+ 1)
  }

  /// Takes blocks out of the list and out of the deletions that wait for them.
  mutating func remove(_ numbers: Set<UInt64>) {
    blocks.removeAll { numbers.contains($0.number) }
    for index in deletions.indices { deletions[index].blocks.removeAll { numbers.contains($0) } }
  }

  /// A block takes the place of others: deletions that wait for one of these wait for it, except the one that it fulfils.
  mutating func passDeletions(of sources: [UInt64], to number: UInt64, fulfilling fulfilled: Deletion?) {
    for index in deletions.indices where !deletions[index].blocks.allSatisfy({ !sources.contains($0) }) {
      if let fulfilled, deletions[index].isSame(as: fulfilled) { continue }
      deletions[index].blocks.append(number)
    }
  }

  /// A block holds nothing that the deletion asks for.
  mutating func settle(_ deletion: Deletion, _ number: UInt64) {
    for index in deletions.indices where deletions[index].isSame(as: deletion) {
      deletions[index].blocks.removeAll { $0 == number }
    }
  }

  // MARK: Bytes

  func encoded() -> [UInt8] {
    var payload = FieldWriter()
    payload.put(hashSeed)
    payload.put(nextNumber)
    payload.put(UInt32(truncatingIfNeeded: blocks.count))
    payload.put(UInt32(truncatingIfNeeded: deletions.count))
    for entry in blocks { Self.put(entry, &payload) }
    for deletion in deletions { Self.put(deletion, &payload) }
    var bytes = FrameFile.header(Self.kind)
    payload.bytes.withUnsafeBytes { FrameFile.append($0, to: &bytes) }
    return bytes
  }

  private static func put(_ entry: Entry, _ payload: inout FieldWriter) {
    let summary = entry.summary
    payload.put(entry.number)
    payload.put(summary.sequence)
    payload.put(summary.minTime)
    payload.put(summary.maxTime)
    payload.put(UInt64(summary.series))
    payload.put(UInt64(summary.chunks))
    payload.put(summary.samples)
    payload.put(summary.bytes)
  }

  private static func put(_ deletion: Deletion, _ payload: inout FieldWriter) {
    payload.put(deletion.from)
    payload.put(deletion.through)
    payload.put(deletion.includesHead ? 1 as UInt8 : 0)
    payload.put(UInt32(truncatingIfNeeded: deletion.matchers.count))
    for matcher in deletion.matchers {
      payload.put(UInt8(truncatingIfNeeded: LabelMatcher.Operation.allCases.firstIndex(of: matcher.operation) ?? 0))
      payload.put(matcher.name)
      payload.put(matcher.value)
    }
    payload.put(UInt32(truncatingIfNeeded: deletion.blocks.count))
    for number in deletion.blocks { payload.put(number) }
  }

  /// Reads what ``encoded()`` wrote.
  init(_ bytes: [UInt8]) throws(ManifestError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(ManifestError) in try Manifest(bytes) }
    }
    self = try result.get()
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(ManifestError) {
    if let flaw = FrameFile.flaw(ofHeader: bytes, Self.kind) { throw ManifestError(reason: flaw) }
    var reader = FrameFile.Reader(bytes)
    guard let payload = reader.next() else { throw ManifestError(reason: reader.flaw ?? "it holds nothing") }
    var fields = FieldReader(payload)
    self.init(hashSeed: fields.take())
    nextNumber = fields.take()
    guard nextNumber < UInt64(Int64.max) else { throw ManifestError(reason: "block numbers are used up") }
    let blockCount: UInt32 = fields.take()
    let deletionCount: UInt32 = fields.take()
    for _ in 0..<blockCount {
      guard !fields.isOverrun else { break }
      insert(try Self.entry(&fields))
    }
    for _ in 0..<deletionCount {
      guard !fields.isOverrun else { break }
      deletions.append(try Self.deletion(&fields))
    }
    guard !fields.isOverrun, fields.remaining == 0 else { throw ManifestError(reason: "its length is not as it says") }
    guard Set(blocks.map(\.number)).count == blocks.count else { throw ManifestError(reason: "it names a block twice") }
  }

  private static func entry(_ fields: inout FieldReader) throws(ManifestError) -> Entry {
    let number: UInt64 = fields.take()
    var summary = BlockSummary()
    summary.sequence = fields.take()
    summary.minTime = fields.take()
    summary.maxTime = fields.take()
    let series: UInt64 = fields.take()
    let chunks: UInt64 = fields.take()
    summary.samples = fields.take()
    summary.bytes = fields.take()
    guard let series = Int(exactly: series), let chunks = Int(exactly: chunks), number < UInt64(Int64.max) else {
      throw ManifestError(reason: "a block of \(series) series and \(chunks) chunks")
    }
    summary.series = series
    summary.chunks = chunks
    return Entry(number: number, summary: summary)
  }

  private static func deletion(_ fields: inout FieldReader) throws(ManifestError) -> Deletion {
    let from: Int64 = fields.take()
    let through: Int64 = fields.take()
    let head: UInt8 = fields.take()
    var deletion = Deletion(matchers: [], from: from, through: through, includesHead: head != 0, blocks: [])
    for _ in 0..<fields.takeCount(ofSize: 9) {
      let operation = Int(fields.take(UInt8.self))
      guard LabelMatcher.Operation.allCases.indices.contains(operation), let name = fields.takeText(),
        let value = fields.takeText()
      else { throw ManifestError(reason: "a deletion whose matchers cannot be read") }
      deletion.matchers.append(LabelMatcher(name, LabelMatcher.Operation.allCases[operation], value))
    }
    for _ in 0..<fields.takeCount(ofSize: 8) { deletion.blocks.append(fields.take()) }
    return deletion
  }

  // MARK: File

  func write(_ layout: StoreLayout, _ files: any FileSystem) throws(FileError) {
    var file = try FileReplacement(of: layout.manifest, in: layout.directory, files)
    do throws(FileError) {
      try file.write(encoded())
    } catch {
      file.abandon()
      throw error
    }
    try file.commit()
  }
}

/// Why a manifest cannot be read.
struct ManifestError: Error, Sendable, Hashable {
  var reason: String
}

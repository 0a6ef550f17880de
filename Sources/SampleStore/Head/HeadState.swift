import FleetModel
import Glibc

/// Everything that the head holds, all of it under one lock.
///
/// The life of a series:
/// 1. made by ``reference(for:hash:limit:)`` under a number that is never given again;
/// 2. its samples go to an open chunk, which is closed when full and then never changes;
/// 3. closed chunks go by age or size, the open one when its newest sample is too old;
/// 4. without samples and unasked-for during a lifetime it is taken out of table and index, and its record is freed;
/// 5. its number finds nothing from then on.
struct HeadState: ~Copyable {
  var series = RecordPages<SeriesRecord>()
  var table = HashSlots()
  var labels: LabelIndex
  /// Pair numbers of the series.
  var pairNumbers = WordArena()
  var closedChunks = WordArena()
  var segments = SegmentArena()
  var scratch = DecodeScratch()
  /// Samples that came too late for an open chunk, by series.
  var late: [UInt32: LateColumns] = [:]
  /// Those of them that a flush is moving to a block.
  var flushingLate: [UInt32: LateColumns] = [:]
  /// Native histograms, by series, and those of them that a flush is moving to a block.
  var histograms: [UInt32: HeadHistograms] = [:]
  var flushingHistograms: [UInt32: HeadHistograms] = [:]
  let columnEncoder = ColumnEncoder()
  var journal: Journal
  let outOfOrderWindow: Int64
  /// What is in the way of forgetting series: a flush or an image that is being made.
  var pins = 0
  var isFlushing = false
  var imageProgress = ImageProgress()

  var liveSeries = 0
  var sampleCount: UInt64 = 0
  var chunkCount = 0
  var lateCount = 0
  /// Memory of closed chunks.
  var closedBytes = 0
  /// Memory of histograms, about; and of those that a flush could move.
  var histogramBytes = 0
  var movableHistogramBytes = 0
  /// How often a chunk did not decode.
  var unreadableChunks = 0
  var appended: UInt64 = 0
  var outOfOrder: UInt64 = 0
  var duplicateTimestamp: UInt64 = 0
  /// No sample is older; `Int64.max` without samples.
  var oldest = Int64.max
  var newest = Int64.min
  /// The oldest sample that came since the last sweep began.
  var oldestSinceSweep = Int64.max
  var isClosed = false

  /// - Parameter outOfOrderWindow: milliseconds.
  init(seed: UInt64, outOfOrderWindow: Int64, isJournalled: Bool) {
    labels = LabelIndex(seed: seed)
    self.outOfOrderWindow = outOfOrderWindow
    journal = Journal(isEnabled: isJournalled)
  }

  /// Label sets may have this many encoded bytes.
  static let maximumLabelBytes = WordArena.maximumWords * 2

  @inline(__always)
  func live(_ number: UInt32) -> UnsafeMutablePointer<SeriesRecord>? {
    guard let record = series.pointer(number), record.pointee.isLive else { return nil }
    return record
  }

  /// The number of the series with these labels.
  ///
  /// - Parameter hash: of `encoded`, by ``LabelHash``.
  mutating func reference(for encoded: [UInt8], hash: UInt32, limit: Int) -> Result<UInt32, AppendError> {
    encoded.withUnsafeBytes { encoded in
      do throws(AppendError) {
        return .success(try reference(for: encoded, hash: hash, limit: limit))
      } catch {
        return .failure(error)
      }
    }
  }

  private mutating func reference(
    for encoded: UnsafeRawBufferPointer, hash: UInt32, limit: Int
  ) throws(AppendError) -> UInt32 {
    guard !isClosed else { throw .closed }
    if let number = table.find(hash, where: { isSeries($0, encoded) }) {
      series.pointer(number)?.pointee.flags.insert(.touched)
      return number
    }
    guard liveSeries < limit else { throw .tooManySeries(limit: limit) }
    guard encoded.count <= Self.maximumLabelBytes else {
      throw .storage("labels of \(encoded.count) bytes on one series; \(Self.maximumLabelBytes) is the most")
    }
    guard !series.isExhausted, !labels.pairs.isExhausted, labels.arena.hasRoom, pairNumbers.hasRoom else {
      throw .storage("all series numbers or all memory for labels is used up; restart to begin anew")
    }
    guard let number = make(encoded, hash: hash) else { throw .storage("malformed labels") }
    if journal.isEnabled { journal.series(number, encodedLabels: encoded) }
    return number
  }

  /// Makes a series under the next number; `nil` if its labels are malformed.
  mutating func make(_ encoded: UnsafeRawBufferPointer, hash: UInt32) -> UInt32? {
    var count = 0
    var counting = LabelCursor(encoded)
    while counting.next() != nil { count += 1 }
    guard !counting.isMalformed, count <= Int(UInt16.max) else { return nil }
    var record = SeriesRecord()
    record.hash = hash
    record.pairCount = UInt16(truncatingIfNeeded: count)
    record.pairs = count == 0 ? 0 : pairNumbers.allocate(count)
    record.flags.insert(.touched)
    let number = series.append(record)
    var cursor = LabelCursor(encoded)
    var index = 0
    while let label = cursor.next() {
      let pair = labels.add(
        UnsafeRawBufferPointer(rebasing: encoded[label.whole]),
        name: UnsafeRawBufferPointer(rebasing: encoded[label.name]),
        to: number)
      pairNumbers.words(record.pairs)[index] = pair
      index += 1
    }
    table.insert(hash, number)
    liveSeries += 1
    return number
  }

  func isSeries(_ number: UInt32, _ encoded: UnsafeRawBufferPointer) -> Bool {
    guard let record = series.pointer(number), let base = encoded.baseAddress else { return encoded.isEmpty }
    let pairs = pairNumbers(of: record.pointee)
    var offset = 0
    for pair in pairs {
      let bytes = labels.bytes(pair)
      guard offset + bytes.count <= encoded.count, let text = bytes.baseAddress,
        memcmp(text, base + offset, bytes.count) == 0
      else { return false }
      offset += bytes.count
    }
    return offset == encoded.count
  }

  @inline(__always)
  func pairNumbers(of record: SeriesRecord) -> UnsafeBufferPointer<UInt32> {
    guard record.pairCount > 0 else { return UnsafeBufferPointer(start: nil, count: 0) }
    return UnsafeBufferPointer(start: pairNumbers.words(record.pairs), count: Int(record.pairCount))
  }

  func encodedLabels(of record: SeriesRecord) -> [UInt8] {
    let pairs = pairNumbers(of: record)
    var size = 0
    for pair in pairs { size += labels.bytes(pair).count }
    return [UInt8](unsafeUninitializedCapacity: size) { target, filled in
      for pair in pairs {
        let bytes = labels.bytes(pair)
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[filled...]).copyMemory(
          from: bytes)
        filled += bytes.count
      }
    }
  }

  /// Time of the first sample of the chunk that begins with this segment.
  @inline(__always)
  func firstTime(inSegment segment: UInt32) -> Int64 {
    let words = segments.words(segment)
    return Int64(bitPattern: UInt64(words[0]) << 32 | UInt64(words[1]))
  }
}

/// Room to decode one chunk in.
struct DecodeScratch: ~Copyable {
  let bytes: UnsafeMutableRawBufferPointer
  let times: UnsafeMutablePointer<Int64>
  let values: UnsafeMutablePointer<Double>

  init() {
    // No chunk has more bits than its 16-bit count of them can say.
    bytes = .allocate(byteCount: SegmentArena.byteCount(bits: Int(UInt16.max)), alignment: 8)
    times = .allocate(capacity: ChunkCodec.maximumSamples)
    values = .allocate(capacity: ChunkCodec.maximumSamples)
  }

  deinit {
    bytes.deallocate()
    times.deallocate()
    values.deallocate()
  }
}

/// A caller's buffer that is read under the lock, during the call.
// Unchecked: the buffer does not leave the caller's thread, which the type of a lock's closure cannot say.
struct Lent<Buffer>: @unchecked Sendable {
  let buffer: Buffer

  init(_ buffer: Buffer) { self.buffer = buffer }
}

import FleetModel
import Glibc

/// Encoded samples of many series, copied out of the head, so that they can be decoded without its lock.
// Unchecked for the memory: one task fills it, and whoever gets it after that only reads.
final class ChunkCopies: @unchecked Sendable {
  private struct Chunk {
    var offset: Int
    var byteCount: UInt16
    var count: UInt16
    var codec: ChunkCodec
  }

  private var bytes: UnsafeMutableRawPointer
  private var capacity: Int
  /// Bytes that were copied.
  private(set) var byteCount = 0
  private var chunks: [Chunk] = []
  /// Of each row, where its chunks end.
  private var ends: [Int] = []
  /// Whether no more than the last sample of each row is wanted.
  let isLatest: Bool
  /// Of each row, its last sample if it was known without decoding; the time is `Int64.min` otherwise.
  private var lastTimes: [Int64] = []
  private var lastValues: [Double] = []
  /// Of the few rows that have any.
  private var late: [Int: LateColumns] = [:]
  /// Likewise.
  private var histograms: [Int: [HeadHistograms]] = [:]
  private(set) var sampleCount = 0
  /// Rows with samples.
  private(set) var filledRows = 0
  /// Rows whose series the head has forgotten.
  var forgottenRows = 0

  init(rows: Int, isLatest: Bool) {
    self.isLatest = isLatest
    capacity = isLatest ? 4096 : max(4096, rows * 64)
    bytes = .allocate(byteCount: capacity, alignment: 8)
    ends.reserveCapacity(rows)
    if isLatest {
      lastTimes.reserveCapacity(rows)
      lastValues.reserveCapacity(rows)
    } else {
      chunks.reserveCapacity(rows)
    }
  }

  deinit { bytes.deallocate() }

  var rows: Int { ends.count }

  /// Makes room for a chunk of the row that is being filled.
  func addChunk(byteCount size: Int, count: Int, codec: ChunkCodec) -> UnsafeMutableRawPointer {
    if byteCount + size > capacity {
      let wanted = max(byteCount + size, capacity * 2)
      let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 8)
      memcpy(larger, bytes, byteCount)
      bytes.deallocate()
      (bytes, capacity) = (larger, wanted)
    }
    chunks.append(
      Chunk(
        offset: byteCount, byteCount: UInt16(truncatingIfNeeded: size), count: UInt16(truncatingIfNeeded: count),
        codec: codec))
    sampleCount += count
    defer { byteCount += size }
    return bytes + byteCount
  }

  /// Ends a row of which no more than this is wanted.
  func endRow(time: Int64, value: Double) {
    lastTimes.append(time)
    lastValues.append(value)
    sampleCount += 1
    filledRows += 1
    ends.append(chunks.count)
  }

  /// Ends the row that is being filled.
  func endRow(late columns: LateColumns = LateColumns()) {
    if !columns.isEmpty {
      late[ends.count] = columns
      sampleCount += columns.count
    }
    if !columns.isEmpty || chunks.count > (ends.last ?? 0) { filledRows += 1 }
    if isLatest {
      lastTimes.append(.min)
      lastValues.append(0)
    }
    ends.append(chunks.count)
  }

  /// Adds to the row that was ended last.
  func addHistograms(_ parts: [HeadHistograms]) {
    guard !parts.isEmpty, let row = ends.indices.last else { return }
    if isEmpty(row) { filledRows += 1 }
    histograms[row] = parts
    // Each is worth several numbers.
    sampleCount += parts.reduce(0) { $0 + $1.size.samples }
  }

  var hasHistograms: Bool { !histograms.isEmpty }

  func hasHistograms(_ row: Int) -> Bool { !histograms.isEmpty && histograms[row] != nil }

  /// Joins the histograms of a row behind those that are there.
  ///
  /// - Returns: how many chunks did not decode.
  func join(_ row: Int, _ from: Int64, _ through: Int64, into columns: inout HistogramColumns) -> Int {
    var unreadable = 0
    for part in histograms[row] ?? [] { columns.join(part.columns(from, through, unreadable: &unreadable)) }
    return unreadable
  }

  /// Histograms of what ``join(_:_:_:into:)`` decodes.
  func histogramCount(_ row: Int, _ from: Int64, _ through: Int64) -> Int {
    (histograms[row] ?? []).reduce(0) { $0 + $1.count(decodedFor: from, through) }
  }

  private func chunks(_ row: Int) -> Range<Int> { (row == 0 ? 0 : ends[row - 1])..<ends[row] }

  func isEmpty(_ row: Int) -> Bool {
    if isLatest, lastTimes[row] != .min { return false }
    return chunks(row).isEmpty && (late.isEmpty || late[row] == nil) && !hasHistograms(row)
  }

  /// Appends the samples of a row to an empty buffer, late ones merged in: strictly rising times. A chunk that does not decode,
  /// or does not come after the one before, is left out.
  ///
  /// - Returns: how many chunks were.
  func decode(_ row: Int, into buffer: inout SampleBuffer) -> Int {
    if isLatest, lastTimes[row] != .min {
      buffer.append(lastTimes[row], lastValues[row])
      return 0
    }
    var unreadable = 0
    for chunk in chunks[chunks(row)] {
      let encoded = UnsafeRawBufferPointer(start: bytes + chunk.offset, count: Int(chunk.byteCount))
      if !buffer.append(encoded, codec: chunk.codec, count: Int(chunk.count)) { unreadable += 1 }
    }
    if !late.isEmpty, let columns = late[row] { buffer.merge(columns) }
    return unreadable
  }
}

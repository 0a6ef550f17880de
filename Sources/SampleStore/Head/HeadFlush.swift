import FleetModel
import Platform
import Synchronization

/// Samples that move to a block:
/// 1. ``HeadStore/beginFlush(everything:idleBefore:)`` closes what is to move and puts the series in order;
/// 2. ``HeadFlush/forEachSeries(_:)`` hands them over, step by step, while appends and queries go on;
/// 3. ``HeadStore/finishFlush(_:)`` drops them from the head once the block is there, or
///    ``HeadStore/cancelFlush(_:)`` leaves them.
///
/// What comes in between stays: it is in chunks that begin later, or among new late samples.
extension HeadStore {
  /// Series looked at under one hold of the lock: about 50 µs.
  private static let flushedAtOnce = 1024
  /// Likewise, of those with native histograms: closing their chunks encodes them.
  fileprivate static let histogramsAtOnce = 16

  /// Bytes that ``beginFlush(everything:idleBefore:)`` could move at present without closing any chunk. O(1).
  var movableBytes: Int {
    state.withLock { $0.closedBytes + $0.lateCount * LateColumns.sampleBytes + $0.movableHistogramBytes }
  }

  /// Chooses what to move: chunks that are full; with `everything`, or where the newest sample of the series is older than
  /// `idleBefore`, the open chunk too; and all late samples. `nil` if there is nothing, or a flush is under way. Until
  /// ``finishFlush(_:)`` or ``cancelFlush(_:)`` the samples stay readable, no other flush begins and no series is forgotten.
  ///
  /// O(n log n) in the number of series with something to move, and of label pairs; the lock is held for short steps.
  func beginFlush(everything: Bool, idleBefore: Int64) -> HeadFlush? {
    let begun = state.withLock { state in
      guard !state.isFlushing else { return false }
      precondition(
        state.flushingLate.isEmpty && state.flushingHistograms.isEmpty, "BUG: samples of a flush that has ended")
      state.isFlushing = true
      state.pins += 1
      swap(&state.late, &state.flushingLate)
      return true
    }
    guard begun else { return nil }
    var entries: [FlushEntry] = []
    var bytes = 0
    var next: Int? = 0
    while let first = next {
      next = state.withLock { state in
        state.chooseForFlush(
          from: first, limit: Self.flushedAtOnce, idleBefore: everything ? .max : idleBefore, everything: everything,
          into: &entries, bytes: &bytes)
      }
    }
    guard !entries.isEmpty else {
      endFlush()
      return nil
    }
    FlushOrder(self).sort(&entries)
    return HeadFlush(store: self, entries: entries, byteCount: bytes)
  }

  /// The block holds them now: drops them.
  func finishFlush(_ flush: consuming HeadFlush) {
    var start = 0
    while start < flush.entries.count {
      let end = min(flush.entries.count, start + Self.flushedAtOnce)
      let part = flush.entries[start..<end]
      state.withLock { state in for entry in part { state.dropFlushed(entry) } }
      start = end
    }
    endFlush()
  }

  /// Leaves everything in the head.
  func cancelFlush(_ flush: consuming HeadFlush) { endFlush() }

  private func endFlush() {
    state.withLock { state in
      // What was not dropped is as it was.
      for (number, columns) in state.flushingLate {
        var merged = columns
        if let newer = state.late[number] { merged.merge(newer) }
        state.late[number] = merged
      }
      state.flushingLate = [:]
      state.putBackHistograms()
      state.isFlushing = false
      state.pins -= 1
      if state.sampleCount == 0 {
        state.oldest = .max
        state.newest = .min
      }
    }
  }
}

/// Samples on their way from the head to a block; see ``HeadStore/beginFlush(everything:idleBefore:)``.
struct HeadFlush: ~Copyable {
  fileprivate let store: HeadStore
  fileprivate let entries: [FlushEntry]
  /// Bytes of the chunks, about.
  let byteCount: Int

  /// Series with samples to move.
  var seriesCount: Int { entries.count }

  /// Whether native histograms are among the samples.
  var hasHistograms: Bool { entries.contains(where: \.hasHistograms) }

  /// Calls `body` for each series in rising order of labels with its samples in rising order of time, late ones merged in:
  /// decoded outside the head's lock. `times` and `values` have the same count and are valid during the call only.
  func forEachSeries(
    _ body: (
      _ encodedLabels: UnsafeRawBufferPointer, _ times: UnsafeBufferPointer<Int64>,
      _ values: UnsafeBufferPointer<Double>, _ histograms: HistogramColumns
    ) throws(FileError) -> Void
  ) throws(FileError) {
    var copied = CopiedSeries()
    var columns = SampleBuffer()
    var unreadable = 0
    var index = 0
    defer { if unreadable > 0 { store.unreadableChunks.add(unreadable, ordering: .relaxed) } }
    while index < entries.count {
      copied.removeAll()
      let start = index
      index = store.state.withLock { $0.copyFlushed(entries, from: start, into: &copied) }
      for entry in copied.entries {
        copied.decode(entry, into: &columns, unreadable: &unreadable)
        var histograms = entry.histograms?.columns(unreadable: &unreadable) ?? HistogramColumns()
        guard columns.count > 0 || !histograms.isEmpty else { continue }
        let times = UnsafeBufferPointer(start: UnsafePointer(columns.times), count: columns.count)
        let values = UnsafeBufferPointer(start: UnsafePointer(columns.values), count: columns.count)
        histograms.remove(at: times)
        let samples = histograms
        try entry.labels.withUnsafeBufferPointer { (labels) throws(FileError) in
          try body(UnsafeRawBufferPointer(labels), times, values, samples)
        }
      }
    }
  }
}

extension HeadState {
  fileprivate mutating func chooseForFlush(
    from first: Int, limit: Int, idleBefore: Int64, everything: Bool, into entries: inout [FlushEntry],
    bytes: inout Int
  ) -> Int? {
    let first = series.skippingDeadPages(from: first, pages: limit)
    let end = min(series.issued, first + limit)
    var withHistograms = 0
    for index in first..<max(first, end) {
      if withHistograms >= HeadStore.histogramsAtOnce { return index }
      let number = UInt32(truncatingIfNeeded: index)
      guard let record = live(number), record.pointee.hasSamples else { continue }
      if record.pointee.hasOpenChunk, closedChunks.hasRoom,
        everything || record.pointee.encoder.lastTime < idleBefore
          || record.pointee.encoder.count >= Self.samplesPerChunk
      {
        closeChunk(record)
      }
      let late = record.pointee.flags.contains(.late) ? flushingLate[number]?.count ?? 0 : 0
      let hasHistograms = record.pointee.flags.contains(.histograms)
      if hasHistograms { withHistograms += 1 }
      let histogramBytes =
        hasHistograms
        ? moveHistograms(of: number, closing: everything || record.pointee.encoder.lastTime < idleBefore) : 0
      guard record.pointee.oldestChunk != 0 || late > 0 || histogramBytes > 0 else { continue }
      bytes += late * LateColumns.sampleBytes + histogramBytes
      var chunk = record.pointee.oldestChunk
      var through = Int64.min
      while chunk != 0 {
        let closed = ClosedChunk(closedChunks.words(chunk))
        bytes += closed.memoryBytes
        through = closed.firstTime
        chunk = closed.next
      }
      let pairs = pairNumbers(of: record.pointee)
      entries.append(
        FlushEntry(
          pairsAddress: UInt(bitPattern: pairs.baseAddress), pairCount: pairs.count, number: number, hasLate: late > 0,
          hasHistograms: histogramBytes > 0, through: through))
    }
    return end < series.issued ? end : nil
  }

  /// Copies the samples of `entries[start...]` that move, until there is enough for one step.
  fileprivate func copyFlushed(_ entries: [FlushEntry], from start: Int, into copied: inout CopiedSeries) -> Int {
    var index = start
    while index < entries.count, index - start < Self.seriesAtOnce, copied.bytes.count < Self.bytesAtOnce {
      let entry = entries[index]
      index += 1
      guard let record = live(entry.number)?.pointee else { continue }
      let firstChunk = copied.chunks.count
      var chunk = record.oldestChunk
      while chunk != 0 {
        let closed = ClosedChunk(closedChunks.words(chunk))
        guard closed.firstTime <= entry.through else { break }
        copyChunk(
          closed.firstSegment, bits: Int(closed.bitCount), count: Int(closed.count), codec: closed.codec, into: &copied)
        chunk = closed.next
      }
      copied.entries.append(
        CopiedSeries.Entry(
          labels: encodedLabels(of: record), chunks: firstChunk..<copied.chunks.count,
          late: entry.hasLate ? flushingLate[entry.number] ?? LateColumns() : LateColumns(),
          histograms: entry.hasHistograms ? flushingHistograms[entry.number] : nil))
    }
    return index
  }

  fileprivate mutating func dropFlushed(_ entry: FlushEntry) {
    guard let record = live(entry.number) else { return }
    while record.pointee.oldestChunk != 0,
      ClosedChunk(closedChunks.words(record.pointee.oldestChunk)).firstTime <= entry.through
    {
      dropOldestChunk(record)
    }
    if entry.hasHistograms { dropFlushedHistograms(of: entry.number, record) }
    guard entry.hasLate else { return }
    let moved = flushingLate.removeValue(forKey: entry.number)?.count ?? 0
    lateCount -= moved
    sampleCount -= UInt64(moved)
    if late[entry.number] == nil { record.pointee.flags.remove(.late) }
  }
}

import FleetModel

/// Native histograms of one series that were in one run, encoded. Immutable; copies share their memory.
struct HistogramChunk: Sendable {
  let minTime: Int64
  let maxTime: Int64
  let count: Int
  /// See ``TimeColumn``.
  let times: [UInt8]
  /// See ``HistogramColumn``.
  let values: [UInt8]

  /// - Parameter times: of the histograms of the run, which is not empty; strictly rising.
  init(_ times: [Int64], _ run: HistogramRun, with encoder: borrowing ColumnEncoder) {
    precondition(times.count == run.count && !times.isEmpty, "BUG: \(times.count) times of \(run.count) histograms")
    minTime = times[0]
    maxTime = times[times.count - 1]
    count = times.count
    var bytes: [UInt8] = []
    times.withUnsafeBufferPointer { encoder.encode($0, into: &bytes) }
    self.times = bytes
    bytes.removeAll(keepingCapacity: true)
    HistogramColumn.encode(run, with: encoder, into: &bytes)
    values = Array(bytes)
  }

  /// Reads what was written; `nil` if the times do not decode. The histograms are looked at by ``append(to:)`` alone.
  init?(count: Int, times: [UInt8], values: [UInt8]) {
    guard let decoded = Self.decodeTimes(times, count) else { return nil }
    minTime = decoded[0]
    maxTime = decoded[count - 1]
    self.count = count
    self.times = times
    self.values = values
  }

  /// What it takes, its description included.
  var byteCount: Int { times.count + values.count + 96 }

  /// Appends the samples. Unless it decodes, and comes after what is there, nothing is appended.
  func append(to columns: inout HistogramColumns) -> Bool {
    guard let stamps = Self.decodeTimes(times, count) else { return false }
    if let last = columns.timestamps.last, last >= stamps[0] { return false }
    let before = columns.values.count
    do throws(ChunkError) {
      try HistogramColumn.decode(values, count: count, appendingTo: &columns.values)
    } catch {
      columns.values.removeLast(columns.values.count - before)
      return false
    }
    columns.timestamps += stamps
    return true
  }

  /// Whether there is a sample in the range. Times are decoded only if both ends lie outside on different sides.
  func hasSample(_ from: Int64, _ through: Int64) -> Bool {
    guard from <= through, minTime <= through, maxTime >= from else { return false }
    if minTime >= from || maxTime <= through { return true }
    return Self.decodeTimes(times, count)?.contains { $0 >= from && $0 <= through } ?? false
  }

  private static func decodeTimes(_ bytes: [UInt8], _ count: Int) -> [Int64]? {
    guard count > 0, count <= HistogramColumn.maximumCount else { return nil }
    var isGood = false
    let times = [Int64](unsafeUninitializedCapacity: count) { times, filled in
      guard let base = times.baseAddress else { return }
      bytes.withUnsafeBytes { bytes in
        do throws(ChunkError) {
          try TimeColumn.decode(bytes, count: count, into: base)
          isGood = true
          filled = count
        } catch {}
      }
    }
    return isGood ? times : nil
  }
}

extension HistogramColumn {
  /// As ``decode(_:count:into:)``, from an array.
  static func decode(
    _ bytes: [UInt8], count: Int, appendingTo histograms: inout [NativeHistogram]
  ) throws(ChunkError) {
    var failure: ChunkError?
    bytes.withUnsafeBytes { bytes in
      do throws(ChunkError) { try decode(bytes, count: count, into: &histograms) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}

/// Cuts histograms into chunks: a new one where a run ends, and where one is full.
struct HistogramCutter {
  private(set) var run = HistogramRun()
  private(set) var times: [Int64] = []
  let limit: Int

  /// - Parameter limit: histograms of a chunk, at most ``HistogramColumn/maximumCount``.
  init(limit: Int) { self.limit = limit }

  var isEmpty: Bool { times.isEmpty }

  /// Appends a storable histogram, later than all before.
  ///
  /// - Returns: the chunk that ended before it, if one did.
  mutating func append(
    _ histogram: NativeHistogram, at time: Int64, with encoder: borrowing ColumnEncoder
  ) -> HistogramChunk? {
    if run.count < limit, run.append(histogram) {
      times.append(time)
      return nil
    }
    let ended = finish(with: encoder)
    let isTaken = run.append(histogram)
    precondition(isTaken, "BUG: a histogram that cannot be stored")
    times.append(time)
    return ended
  }

  /// As ``append(_:at:with:)``, of a histogram that goes on from those before: one that does not is left out.
  mutating func goOn(with histogram: NativeHistogram, at time: Int64) {
    if run.count < limit, run.append(histogram) { times.append(time) }
  }

  /// Ends the open chunk.
  mutating func finish(with encoder: borrowing ColumnEncoder) -> HistogramChunk? {
    guard !times.isEmpty else { return nil }
    defer {
      run.removeAll()
      times.removeAll(keepingCapacity: true)
    }
    return HistogramChunk(times, run, with: encoder)
  }

  /// Forgets the open chunk.
  mutating func removeAll() {
    run.removeAll()
    times.removeAll()
  }

  /// All of the columns as chunks.
  static func chunks(
    of columns: HistogramColumns, limit: Int, with encoder: borrowing ColumnEncoder
  ) -> [HistogramChunk] {
    var cutter = HistogramCutter(limit: limit)
    var chunks: [HistogramChunk] = []
    for (time, histogram) in zip(columns.timestamps, columns.values) {
      if let chunk = cutter.append(histogram, at: time, with: encoder) { chunks.append(chunk) }
    }
    if let chunk = cutter.finish(with: encoder) { chunks.append(chunk) }
    return chunks
  }
}

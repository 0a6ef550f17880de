import FleetModel

/// The native histograms that the head holds of one series. Copies share their memory: a query takes one and decodes it without
/// the head's lock.
///
/// As with numbers there are closed chunks, an open one, which is not yet encoded, and samples that came late beside them.
struct HeadHistograms: Sendable {
  /// Histograms after which a chunk is closed: the open one's numbers lie in memory as they are.
  static let histogramsPerChunk = 32
  /// Bytes of an open chunk after which it is closed before it is full: some histograms have thousands of buckets.
  static let openBytes = 32 << 10

  /// What there is, for the head's accounts.
  struct Size: Sendable {
    var samples = 0
    var chunks = 0
    /// Of memory, about; and of that which a flush could move.
    var bytes = 0
    var movableBytes = 0
  }

  private(set) var chunks: [HistogramChunk] = []
  private(set) var open = HistogramCutter(limit: histogramsPerChunk)
  /// In rising order of time.
  private(set) var late = HistogramColumns()
  private var closed = Size()
  private var lateBytes = 0

  var isEmpty: Bool { chunks.isEmpty && open.isEmpty && late.isEmpty }

  var size: Size {
    var size = closed
    size.samples += open.times.count + late.count
    if !open.isEmpty {
      size.chunks += 1
      size.bytes += open.run.byteCount + open.times.count * 8 + 160
    }
    size.bytes += lateBytes
    size.movableBytes += lateBytes
    return size
  }

  /// Appends a storable histogram, newer than all that are there.
  ///
  /// - Parameter goesOn: nothing else came between it and the last one.
  mutating func append(
    _ histogram: NativeHistogram, at time: Int64, goesOn: Bool, with encoder: borrowing ColumnEncoder
  ) {
    if !goesOn { close(with: encoder) }
    if let chunk = open.append(histogram, at: time, with: encoder) { add(chunk) }
    // Afterwards, as a histogram with new buckets widens those before it.
    if open.run.byteCount >= Self.openBytes { close(with: encoder) }
  }

  /// Ends the open chunk.
  mutating func close(with encoder: borrowing ColumnEncoder) {
    if let chunk = open.finish(with: encoder) { add(chunk) }
  }

  private mutating func add(_ chunk: HistogramChunk) {
    chunks.append(chunk)
    count(chunk, 1)
  }

  private mutating func count(_ chunk: HistogramChunk, _ sign: Int) {
    closed.samples += sign * chunk.count
    closed.chunks += sign
    closed.bytes += sign * chunk.byteCount
    closed.movableBytes += sign * chunk.byteCount
  }

  mutating func insertLate(_ histogram: NativeHistogram, at time: Int64) {
    // As a chunk would give it back: a sender may have sent spans and buckets that say nothing.
    var run = HistogramRun()
    let sent = histogram.withoutClaim
    let histogram = run.append(sent) ? run.histograms.first ?? sent : sent
    late.insert(histogram, at: time)
    lateBytes += histogram.byteCount
  }

  private mutating func removeLate(_ places: Range<Int>) {
    for histogram in late.values[places] { lateBytes -= histogram.byteCount }
    late.remove(places)
  }

  private mutating func measureLate() { lateBytes = late.values.reduce(0) { $0 + $1.byteCount } }

  /// The time of the newest sample that is not late, and of the oldest of all.
  var newest: Int64? { open.times.last ?? chunks.last?.maxTime }
  var oldest: Int64? {
    [chunks.first?.minTime ?? open.times.first, late.timestamps.first].compactMap { $0 }.min()
  }

  var hasOpenChunk: Bool { !open.isEmpty }

  /// Whether there may be a sample in the range: exact at the chunks' ends alone.
  func mayHaveSample(_ from: Int64, _ through: Int64) -> Bool {
    if !late.places(from, through).isEmpty { return true }
    if let first = open.times.first, let last = open.times.last, first <= through, last >= from { return true }
    return chunks.contains { $0.minTime <= through && $0.maxTime >= from }
  }

  /// Whether there is a sample in the range. Decodes no more than the times of a chunk that begins before it and ends after it.
  func hasSample(_ from: Int64, _ through: Int64) -> Bool {
    if !late.places(from, through).isEmpty { return true }
    if open.times.contains(where: { $0 >= from && $0 <= through }) { return true }
    return chunks.contains { $0.hasSample(from, through) }
  }

  /// The samples in rising order of time; those of chunks outside of the range are left out. Chunks that do not decode are left
  /// out and counted.
  func columns(_ from: Int64 = .min, _ through: Int64 = .max, unreadable: inout Int) -> HistogramColumns {
    var columns = HistogramColumns()
    for chunk in chunks where chunk.minTime <= through && chunk.maxTime >= from {
      if !chunk.append(to: &columns) { unreadable += 1 }
    }
    if let first = open.times.first, let last = open.times.last, first <= through, last >= from {
      columns.join(HistogramColumns(timestamps: open.times, values: open.run.histograms))
    }
    columns.join(late.part(late.places(from, through)))
    return columns
  }

  /// How many histograms ``columns(_:_:unreadable:)`` decodes.
  func count(decodedFor from: Int64, _ through: Int64) -> Int {
    var count = late.places(from, through).count + open.times.count
    for chunk in chunks where chunk.minTime <= through && chunk.maxTime >= from { count += chunk.count }
    return count
  }

  /// The histogram at this time.
  func histogram(at time: Int64) -> NativeHistogram? {
    let place = late.place(of: time)
    if place < late.count, late.timestamps[place] == time { return late.values[place] }
    if let index = open.times.firstIndex(of: time) { return open.run.histograms[index] }
    guard let chunk = chunks.last(where: { $0.minTime <= time }), chunk.maxTime >= time else { return nil }
    var columns = HistogramColumns()
    guard chunk.append(to: &columns), let index = columns.timestamps.firstIndex(of: time) else { return nil }
    return columns.values[index]
  }

  /// Drops the samples in the range.
  mutating func remove(_ from: Int64, _ through: Int64, with encoder: borrowing ColumnEncoder) {
    removeLate(late.places(from, through))
    if let first = open.times.first, let last = open.times.last, first <= through, last >= from {
      // What is left of it is closed: its numbers are not taken apart.
      close(with: encoder)
    }
    guard chunks.contains(where: { $0.minTime <= through && $0.maxTime >= from }) else { return }
    var kept: [HistogramChunk] = []
    for chunk in chunks {
      guard chunk.minTime <= through, chunk.maxTime >= from else {
        kept.append(chunk)
        continue
      }
      count(chunk, -1)
      var columns = HistogramColumns()
      guard chunk.append(to: &columns) else { continue }
      columns.remove(columns.places(from, through))
      for rest in HistogramCutter.chunks(of: columns, limit: Self.histogramsPerChunk, with: encoder) {
        count(rest, 1)
        kept.append(rest)
      }
    }
    chunks = kept
  }

  /// Drops chunks whose samples are all older than `cutoff`, and late samples that are.
  mutating func drop(before cutoff: Int64) {
    if cutoff > .min { removeLate(late.places(.min, cutoff - 1)) }
    let old = chunks.prefix { $0.maxTime < cutoff }
    for chunk in old { count(chunk, -1) }
    chunks.removeFirst(old.count)
    if let last = open.times.last, last < cutoff { open.removeAll() }
  }

  /// Takes out what a flush moves: closed chunks and late samples.
  mutating func takeMovable() -> HeadHistograms? {
    guard !chunks.isEmpty || !late.isEmpty else { return nil }
    var taken = self
    taken.open.removeAll()
    chunks = []
    late = HistogramColumns()
    lateBytes = 0
    closed = Size()
    return taken
  }

  /// Puts back what ``takeMovable()`` took.
  mutating func putBack(_ taken: HeadHistograms) {
    for chunk in taken.chunks { count(chunk, 1) }
    chunks = taken.chunks + chunks
    var late = taken.late
    late.join(self.late)
    self.late = late
    measureLate()
  }
}

extension HeadHistograms {
  /// What an image says: see ``ImageFormat``.
  init?(chunks: [HistogramChunk], open: HistogramChunk?, late: [HistogramChunk]) {
    var last = Int64.min
    for chunk in chunks + (open.map { [$0] } ?? []) {
      guard chunk.minTime > last else { return nil }
      last = chunk.maxTime
    }
    for chunk in chunks { add(chunk) }
    if let open {
      var columns = HistogramColumns()
      guard open.append(to: &columns) else { return nil }
      for (time, histogram) in zip(columns.timestamps, columns.values) {
        self.open.goOn(with: histogram, at: time)
      }
      guard self.open.times.count == columns.count else { return nil }
    }
    for chunk in late where !chunk.append(to: &self.late) { return nil }
    guard self.late.values.allSatisfy(\.isStorable) else { return nil }
    measureLate()
  }
}

extension NativeHistogram {
  /// What it takes in memory, about.
  var byteCount: Int {
    (positiveBuckets.count + negativeBuckets.count + positiveSpans.count + negativeSpans.count + customValues.count) * 8
      + 192
  }

  /// Among others than those it was sent after it cannot claim that there was no reset.
  var withoutClaim: NativeHistogram {
    guard resetHint == .notReset else { return self }
    var histogram = self
    histogram.resetHint = .unknown
    return histogram
  }
}

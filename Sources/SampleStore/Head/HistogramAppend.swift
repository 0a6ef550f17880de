import FleetModel
import Synchronization

/// What a batch of histograms is in a log; made before the head's lock is taken.
struct EncodedHistograms: Sendable {
  /// Of each histogram; `nil` for one that cannot be stored.
  private(set) var bytes: [[UInt8]?] = []

  init(_ samples: [HistogramSample], isJournalled: Bool) {
    let encoder = ColumnEncoder()
    for sample in samples {
      var run = HistogramRun()
      guard sample.value.isStorable, run.append(sample.value) else {
        bytes.append(nil)
        continue
      }
      var encoded: [UInt8] = []
      if isJournalled { HistogramColumn.encode(run, with: encoder, into: &encoded) }
      bytes.append(encoded)
    }
  }
}

/// Native histograms in the head. A series may have them beside numbers, at other times; its last time is that of the newest
/// sample of either kind.
extension HeadState {
  mutating func append(
    _ samples: [HistogramSample], _ encoded: EncodedHistograms, at time: Int64
  ) -> Result<AppendOutcome, AppendError> {
    if isClosed { return .failure(.closed) }
    guard closedChunks.hasRoom else {
      return .failure(.storage("descriptions of chunks fill 16 GiB; lower the retention and restart"))
    }
    var outcome = AppendOutcome()
    var newer: [(UInt32, [UInt8])] = []
    var late: [(UInt32, [UInt8])] = []
    for (index, (sample, bytes)) in zip(samples, encoded.bytes).enumerated() {
      let number = sample.series.rawValue
      guard let record = live(number) else {
        outcome.unknownSeries.append(index)
        continue
      }
      guard let bytes else {
        outcome.malformed += 1
        continue
      }
      guard record.pointee.flags.contains(.appended), time <= record.pointee.encoder.lastTime else {
        append(sample.value, at: time, to: number, record)
        newer.append((number, bytes))
        outcome.appended += 1
        continue
      }
      switch takeLate(sample.value, at: time, to: number, record, window: outOfOrderWindow) {
      case .taken:
        late.append((number, bytes))
        outcome.appended += 1
      case .repeated: outcome.appended += 1
      case .duplicate: outcome.duplicateTimestamp += 1
      case .outOfOrder: outcome.outOfOrder += 1
      }
    }
    if journal.isEnabled {
      if !newer.isEmpty { journal.histograms(newer, at: time, areLate: false) }
      if !late.isEmpty { journal.histograms(late, at: time, areLate: true) }
    }
    appended += UInt64(outcome.appended)
    outOfOrder += UInt64(outcome.outOfOrder)
    duplicateTimestamp += UInt64(outcome.duplicateTimestamp)
    return .success(outcome)
  }

  /// Appends a storable histogram that is newer than all of its series.
  private mutating func append(
    _ histogram: NativeHistogram, at time: Int64, to number: UInt32, _ record: UnsafeMutablePointer<SeriesRecord>
  ) {
    let hasNumbersSince = record.pointee.hasOpenChunk
    // A chunk of numbers counts its times from the last of the series.
    if hasNumbersSince { closeChunk(record) }
    record.pointee.flags.insert([.appended, .histograms])
    record.pointee.flags.remove(.waiting)
    record.pointee.encoder.lastTime = time
    change(number) { $0.append(histogram, at: time, goesOn: !hasNumbersSince, with: $1) }
    note(1, at: time)
  }

  private mutating func takeLate(
    _ histogram: NativeHistogram, at time: Int64, to number: UInt32, _ record: UnsafeMutablePointer<SeriesRecord>,
    window: Int64
  ) -> LateVerdict {
    let (earliest, overflow) = record.pointee.encoder.lastTime.subtractingReportingOverflow(window)
    guard overflow || time >= earliest else { return .outOfOrder }
    if let held = self.histogram(number, record.pointee, at: time) {
      return held.isSame(as: histogram) ? .repeated : .duplicate
    }
    if hasNumber(number, record.pointee, at: time) { return .duplicate }
    guard window > 0 else { return .outOfOrder }
    record.pointee.flags.insert(.histograms)
    change(number) { histograms, _ in histograms.insertLate(histogram, at: time) }
    note(1, at: time)
    return .taken
  }

  private mutating func hasNumber(_ number: UInt32, _ record: SeriesRecord, at time: Int64) -> Bool {
    var numbers = record
    numbers.flags.remove(.histograms)
    return hasSample(number, numbers, time, time)
  }

  /// Changes the histograms of a series and keeps the head's accounts.
  private mutating func change(_ number: UInt32, _ body: (inout HeadHistograms, borrowing ColumnEncoder) -> Void) {
    let before = histograms[number]?.size ?? HeadHistograms.Size()
    body(&histograms[number, default: HeadHistograms()], columnEncoder)
    let after = histograms[number]?.size ?? HeadHistograms.Size()
    if histograms[number]?.isEmpty == true { histograms[number] = nil }
    account(from: before, to: after)
  }

  private mutating func changeFlushing(
    _ number: UInt32, _ body: (inout HeadHistograms, borrowing ColumnEncoder) -> Void
  ) {
    guard let before = flushingHistograms[number]?.size else { return }
    body(&flushingHistograms[number, default: HeadHistograms()], columnEncoder)
    let after = flushingHistograms[number]?.size ?? HeadHistograms.Size()
    if flushingHistograms[number]?.isEmpty == true { flushingHistograms[number] = nil }
    account(from: before, to: after)
  }

  /// All but the samples, which ``note(_:at:)`` counts as they come.
  private mutating func account(from before: HeadHistograms.Size, to after: HeadHistograms.Size) {
    chunkCount += after.chunks - before.chunks
    histogramBytes += after.bytes - before.bytes
    movableHistogramBytes += after.movableBytes - before.movableBytes
    if after.samples < before.samples { sampleCount -= UInt64(before.samples - after.samples) }
  }

  private func settleFlag(_ number: UInt32, _ record: UnsafeMutablePointer<SeriesRecord>) {
    if histograms[number] == nil, flushingHistograms[number] == nil { record.pointee.flags.remove(.histograms) }
  }

  // MARK: reading

  /// What there is of a series, what is on its way to a block first.
  func histogramParts(of number: UInt32, _ from: Int64 = .min, _ through: Int64 = .max) -> [HeadHistograms] {
    guard from <= through else { return [] }
    return [flushingHistograms[number], histograms[number]].compactMap { $0 }
      .filter { $0.mayHaveSample(from, through) }
  }

  private func histogram(_ number: UInt32, _ record: SeriesRecord, at time: Int64) -> NativeHistogram? {
    guard record.flags.contains(.histograms) else { return nil }
    return flushingHistograms[number]?.histogram(at: time) ?? histograms[number]?.histogram(at: time)
  }

  func hasHistogram(_ number: UInt32, _ record: SeriesRecord, at time: Int64) -> Bool {
    record.flags.contains(.histograms) && hasHistogram(number, time, time)
  }

  func hasHistogram(_ number: UInt32, _ from: Int64, _ through: Int64) -> Bool {
    guard from <= through else { return false }
    return flushingHistograms[number]?.hasSample(from, through) == true
      || histograms[number]?.hasSample(from, through) == true
  }

  // MARK: dropping

  mutating func removeHistograms(
    of number: UInt32, _ record: UnsafeMutablePointer<SeriesRecord>, _ from: Int64, _ through: Int64
  ) {
    guard record.pointee.flags.contains(.histograms) else { return }
    if histograms[number] != nil { change(number) { $0.remove(from, through, with: $1) } }
    changeFlushing(number) { $0.remove(from, through, with: $1) }
    settleFlag(number, record)
  }

  mutating func dropHistograms(
    of number: UInt32, _ record: UnsafeMutablePointer<SeriesRecord>, before cutoff: Int64, oldest: inout Int64
  ) {
    if histograms[number] != nil { change(number) { histograms, _ in histograms.drop(before: cutoff) } }
    changeFlushing(number) { histograms, _ in histograms.drop(before: cutoff) }
    settleFlag(number, record)
    for part in histogramParts(of: number) { oldest = min(oldest, part.oldest ?? .max) }
  }

  func addAges(ofHistograms number: UInt32, to ages: inout AgeHistogram) {
    for part in histogramParts(of: number) {
      for chunk in part.chunks { ages.add(chunk.byteCount, endingAt: chunk.maxTime) }
      let rest = part.size.bytes - part.chunks.reduce(0) { $0 + $1.byteCount }
      if let last = part.open.times.last ?? part.late.timestamps.last { ages.add(rest, endingAt: last) }
    }
  }

  // MARK: flushing

  /// Sets aside what a flush moves, and returns its bytes.
  mutating func moveHistograms(of number: UInt32, closing: Bool) -> Int {
    guard histograms[number] != nil else { return 0 }
    if closing { change(number) { $0.close(with: $1) } }
    guard let taken = histograms[number]?.takeMovable() else { return 0 }
    if histograms[number]?.isEmpty == true { histograms[number] = nil }
    flushingHistograms[number] = taken
    return taken.size.bytes
  }

  mutating func dropFlushedHistograms(of number: UInt32, _ record: UnsafeMutablePointer<SeriesRecord>) {
    changeFlushing(number) { histograms, _ in histograms = HeadHistograms() }
    settleFlag(number, record)
  }

  /// What a flush did not drop is as it was.
  mutating func putBackHistograms() {
    for (number, taken) in flushingHistograms { histograms[number, default: HeadHistograms()].putBack(taken) }
    flushingHistograms = [:]
  }

  // MARK: replaying

  /// - Returns: how many were taken, and how many are of series that are not known.
  mutating func replay(_ samples: [HistogramSample], at time: Int64) -> (Int, Int) {
    guard closedChunks.hasRoom else { return (0, samples.count) }
    var taken = 0
    var unknown = 0
    for sample in samples where sample.value.isStorable {
      let number = sample.series.rawValue
      guard let record = live(number) else {
        unknown += 1
        continue
      }
      if record.pointee.flags.contains(.appended), time <= record.pointee.encoder.lastTime { continue }
      append(sample.value, at: time, to: number, record)
      taken += 1
    }
    return (taken, unknown)
  }

  mutating func replayLate(_ samples: [HistogramSample], at time: Int64) -> (Int, Int) {
    guard closedChunks.hasRoom else { return (0, samples.count) }
    var taken = 0
    var unknown = 0
    for sample in samples where sample.value.isStorable {
      let number = sample.series.rawValue
      guard let record = live(number) else {
        unknown += 1
        continue
      }
      if !record.pointee.flags.contains(.appended) || time > record.pointee.encoder.lastTime {
        append(sample.value, at: time, to: number, record)
        taken += 1
      } else if takeLate(sample.value, at: time, to: number, record, window: .max) == .taken {
        taken += 1
      }
    }
    return (taken, unknown)
  }

  /// Adds what an image says of a series, whose record is not placed yet.
  mutating func adopt(_ adopted: HeadHistograms, of number: UInt32, _ record: inout SeriesRecord) {
    histograms[number] = adopted
    record.flags.insert(.histograms)
    let size = adopted.size
    account(from: HeadHistograms.Size(), to: size)
    sampleCount += UInt64(size.samples)
    oldest = min(oldest, adopted.oldest ?? .max)
    newest = max(newest, record.encoder.lastTime)
  }
}

extension NativeHistogram {
  /// Whether a sender sent the same again; what comes back from a chunk may have further empty buckets.
  fileprivate func isSame(as other: NativeHistogram) -> Bool {
    if isStale || other.isStale { return isStale && other.isStale }
    return (resetHint == .gauge) == (other.resetHint == .gauge) && compacted.isIdentical(to: other.compacted)
  }
}

import FleetModel

/// Samples that are not newer than the last of their series.
extension HeadState {
  enum LateVerdict { case taken, repeated, duplicate, outOfOrder }

  /// Takes a late sample if it is no older than `window` before the series' last and the head has none at its time: into
  /// the open chunk where it falls within that, else beside the chunks.
  ///
  /// A time that only a block holds is not seen here: on reading, the sample that came first counts.
  @inline(never)
  mutating func takeLate(
    _ value: Double, at time: Int64, to number: UInt32, _ record: UnsafeMutablePointer<SeriesRecord>, window: Int64
  ) -> LateVerdict {
    let lastTime = record.pointee.encoder.lastTime
    let hasOpenChunk = record.pointee.hasOpenChunk
    if time == lastTime, hasOpenChunk, let isSame = record.pointee.encoder.lastValueIs(value) {
      return isSame ? .repeated : .duplicate
    }
    let (earliest, overflow) = lastTime.subtractingReportingOverflow(window)
    guard overflow || time >= earliest else { return .outOfOrder }
    if hasHistogram(number, record.pointee, at: time) { return .duplicate }
    if record.pointee.flags.contains(.late), let held = lateValue(of: number, at: time) { return verdict(value, held) }
    if hasOpenChunk, time >= firstTime(inSegment: record.pointee.firstSegment) {
      if let count = decodeOpenChunk(record.pointee) {
        let place = place(of: time, among: count)
        if place < count, scratch.times[place] == time { return verdict(value, scratch.values[place]) }
        if window > 0, place > 0, place < count, count < ChunkCodec.maximumSamples {
          insert(value, at: time, place: place, intoOpenChunkOf: record)
          note(1, at: time)
          return .taken
        }
      } else {
        dropOpenChunk(record)
      }
    } else if let chunk = closedChunk(of: record.pointee, at: time), decode(chunk) {
      let place = place(of: time, among: Int(chunk.count))
      if place < chunk.count, scratch.times[place] == time { return verdict(value, scratch.values[place]) }
    }
    guard window > 0 else { return .outOfOrder }
    late[number, default: LateColumns()].insert(value, at: time)
    record.pointee.flags.insert(.late)
    lateCount += 1
    note(1, at: time)
    return .taken
  }

  private func verdict(_ value: Double, _ held: Double) -> LateVerdict {
    value.bitPattern == held.bitPattern ? .repeated : .duplicate
  }

  private func lateValue(of number: UInt32, at time: Int64) -> Double? {
    late[number]?.value(at: time) ?? flushingLate[number]?.value(at: time)
  }

  /// The closed chunk in which this time would lie.
  private func closedChunk(of record: SeriesRecord, at time: Int64) -> ClosedChunk? {
    var index = record.oldestChunk
    var found: ClosedChunk?
    while index != 0 {
      let closed = ClosedChunk(closedChunks.words(index))
      if closed.firstTime > time { break }
      found = closed
      index = closed.next
    }
    return found
  }

  /// The late samples of a series in the range, those on their way to a block among them.
  func lateColumns(of number: UInt32, _ from: Int64, _ through: Int64) -> LateColumns {
    var columns = flushingLate[number]?.part(from, through) ?? LateColumns()
    if let newer = late[number]?.part(from, through) { columns.merge(newer) }
    return columns
  }

  func hasLateSample(_ number: UInt32, _ from: Int64, _ through: Int64) -> Bool {
    late[number]?.hasSample(from, through) == true || flushingLate[number]?.hasSample(from, through) == true
  }

  /// Takes the late samples in the range out, and returns how many there were.
  mutating func removeLate(
    of number: UInt32, _ record: UnsafeMutablePointer<SeriesRecord>, _ from: Int64, _ through: Int64
  ) -> Int {
    guard record.pointee.flags.contains(.late) else { return 0 }
    var removed = late[number]?.remove(from, through) ?? 0
    if late[number]?.isEmpty == true { late[number] = nil }
    removed += flushingLate[number]?.remove(from, through) ?? 0
    if flushingLate[number]?.isEmpty == true { flushingLate[number] = nil }
    if late[number] == nil, flushingLate[number] == nil { record.pointee.flags.remove(.late) }
    lateCount -= removed
    sampleCount -= UInt64(removed)
    return removed
  }

  /// The time of the oldest late sample of a series that has any.
  func oldestLate(of number: UInt32) -> Int64 {
    min(late[number]?.times.first ?? .max, flushingLate[number]?.times.first ?? .max)
  }
}

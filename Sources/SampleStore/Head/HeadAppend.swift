import FleetModel

extension HeadState {
  mutating func append(_ samples: [Sample], at time: Int64) -> Result<AppendOutcome, AppendError> {
    if isClosed { return .failure(.closed) }
    guard closedChunks.hasRoom else {
      return .failure(.storage("descriptions of chunks fill 16 GiB; lower the retention and restart"))
    }
    return .success(samples.withUnsafeBufferPointer { append($0, at: time) })
  }

  private mutating func append(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) -> AppendOutcome {
    var outcome = AppendOutcome()
    var taken = 0
    for index in 0..<samples.count {
      let sample = samples[index]
      guard let record = live(sample.series.rawValue) else {
        outcome.unknownSeries.append(index)
        continue
      }
      if record.pointee.flags.contains(.appended), time <= record.pointee.encoder.lastTime {
        switch verdict(on: sample.value, at: time, record) {
        case .repeated: outcome.appended += 1
        case .duplicate: outcome.duplicateTimestamp += 1
        case .late: outcome.outOfOrder += 1
        }
        continue
      }
      append(sample.value, at: time, to: record)
      taken += 1
    }
    outcome.appended += taken
    sampleCount += UInt64(taken)
    appended += UInt64(outcome.appended)
    outOfOrder += UInt64(outcome.outOfOrder)
    duplicateTimestamp += UInt64(outcome.duplicateTimestamp)
    if taken > 0 {
      newest = max(newest, time)
      oldest = min(oldest, time)
      oldestSinceSweep = min(oldestSinceSweep, time)
    }
    return outcome
  }

  @inline(__always)
  private mutating func append(_ value: Double, at time: Int64, to record: UnsafeMutablePointer<SeriesRecord>) {
    guard record.pointee.encoder.count > 0 else {
      openChunk(value, at: time, record)
      return
    }
    switch put(value, at: time, record) {
    case .appended: break
    case .chunkFull:
      closeChunk(record)
      openChunk(value, at: time, record)
    case .otherCodec: rewrite(record, with: value, at: time)
    }
  }

  @inline(__always)
  private mutating func put(
    _ value: Double, at time: Int64, _ record: UnsafeMutablePointer<SeriesRecord>
  ) -> ChunkEncoder.Outcome {
    withUnsafeMutablePointer(to: &segments) { segments in
      var sink = SegmentSink(
        arena: segments, last: record.pointee.lastSegment, bitCount: Int(record.pointee.bitCount))
      let outcome = record.pointee.encoder.append(value, at: time, to: &sink)
      record.pointee.bitCount = UInt16(truncatingIfNeeded: sink.bitCount)
      record.pointee.lastSegment = sink.last
      return outcome
    }
  }

  private enum Verdict { case repeated, duplicate, late }

  /// What to say to a sample that is not later than the series' last.
  @inline(never)
  private mutating func verdict(
    on value: Double, at time: Int64, _ record: UnsafeMutablePointer<SeriesRecord>
  ) -> Verdict {
    guard time == record.pointee.encoder.lastTime, record.pointee.hasOpenChunk else { return .late }
    if let isSame = record.pointee.encoder.lastValueIs(value) { return isSame ? .repeated : .duplicate }
    let count = decodeOpenChunk(record.pointee)
    return scratch.values[count - 1].bitPattern == value.bitPattern ? .repeated : .duplicate
  }

  @inline(never)
  private mutating func openChunk(_ value: Double, at time: Int64, _ record: UnsafeMutablePointer<SeriesRecord>) {
    startChunk(.fitting(value), record)
    chunkCount += 1
    let outcome = put(value, at: time, record)
    precondition(outcome == .appended, "BUG: a new chunk refuses its first sample")
  }

  private mutating func startChunk(_ codec: ChunkCodec, _ record: UnsafeMutablePointer<SeriesRecord>) {
    let segment = segments.allocate()
    record.pointee.encoder = ChunkEncoder(codec: codec)
    record.pointee.flags.insert(.appended)
    record.pointee.flags.remove(.waiting)
    record.pointee.firstSegment = segment
    record.pointee.lastSegment = segment
    record.pointee.bitCount = 0
  }

  @inline(never)
  private mutating func closeChunk(_ record: UnsafeMutablePointer<SeriesRecord>) {
    precondition(closedChunks.hasRoom, "BUG: more than 16 GiB of chunk descriptions")
    let closed = ClosedChunk(
      next: 0, firstSegment: record.pointee.firstSegment, firstTime: firstTime(inSegment: record.pointee.firstSegment),
      bitCount: record.pointee.bitCount, count: UInt16(truncatingIfNeeded: record.pointee.encoder.count),
      codec: record.pointee.encoder.codec)
    let index = closedChunks.allocate(ClosedChunk.words)
    closed.store(closedChunks.words(index))
    if record.pointee.newestChunk == 0 {
      record.pointee.oldestChunk = index
    } else {
      closedChunks.words(record.pointee.newestChunk)[0] = index
    }
    record.pointee.newestChunk = index
  }

  /// Writes a short open chunk anew with a codec that fits its values and `value` too.
  @inline(never)
  private mutating func rewrite(_ record: UnsafeMutablePointer<SeriesRecord>, with value: Double, at time: Int64) {
    let count = decodeOpenChunk(record.pointee)
    precondition(count < ChunkCodec.maximumSamples, "BUG: a full chunk is written anew")
    scratch.times[count] = time
    scratch.values[count] = value
    let codec = ChunkCodec.fitting(UnsafeBufferPointer(start: scratch.values, count: count + 1))
    segments.freeChain(record.pointee.firstSegment)
    startChunk(codec, record)
    for index in 0...count {
      let outcome = put(scratch.values[index], at: scratch.times[index], record)
      precondition(outcome == .appended, "BUG: a chunk that is written anew refuses sample \(index)")
    }
  }

  /// Decodes the open chunk into the scratch columns and returns its number of samples.
  mutating func decodeOpenChunk(_ record: SeriesRecord) -> Int {
    decode(
      record.firstSegment, bits: Int(record.bitCount), count: record.encoder.count, codec: record.encoder.codec)
    return record.encoder.count
  }

  mutating func decode(_ firstSegment: UInt32, bits: Int, count: Int, codec: ChunkCodec) {
    guard let base = scratch.bytes.baseAddress else { return }
    segments.copyChain(firstSegment, bits: bits, to: base)
    do throws(ChunkError) {
      try ChunkDecoder.decode(
        UnsafeRawBufferPointer(start: base, count: SegmentArena.byteCount(bits: bits)), codec: codec, count: count,
        times: scratch.times, values: scratch.values)
    } catch {
      preconditionFailure("BUG: a chunk of the head does not decode: \(error)")
    }
  }
}

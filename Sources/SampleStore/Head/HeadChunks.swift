import FleetModel

/// The chunks of a series: how samples come into the open one, how it is closed, cut and read.
extension HeadState {
  /// Samples after which a chunk is closed: half of what one may hold, since whoever wants the newest few decodes it whole.
  static let samplesPerChunk = 120

  /// Appends a sample that is newer than all of its series.
  @inline(__always)
  mutating func append(_ value: Double, at time: Int64, to record: UnsafeMutablePointer<SeriesRecord>) {
    guard record.pointee.encoder.count > 0 else {
      openChunk(value, at: time, record)
      return
    }
    if record.pointee.encoder.count >= Self.samplesPerChunk {
      closeChunk(record)
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

  /// Makes the open chunk the newest closed one. There is no open chunk then; the last time stays.
  @inline(never)
  mutating func closeChunk(_ record: UnsafeMutablePointer<SeriesRecord>) {
    link(
      ClosedChunk(
        next: 0, firstSegment: record.pointee.firstSegment,
        firstTime: firstTime(inSegment: record.pointee.firstSegment), bitCount: record.pointee.bitCount,
        count: UInt16(truncatingIfNeeded: record.pointee.encoder.count), codec: record.pointee.encoder.codec),
      to: record)
    forgetOpenChunk(record)
  }

  /// Appends to the list of closed chunks.
  mutating func link(_ chunk: ClosedChunk, to record: UnsafeMutablePointer<SeriesRecord>) {
    precondition(closedChunks.hasRoom, "BUG: more than 16 GiB of chunk descriptions")
    let index = closedChunks.allocate(ClosedChunk.words)
    var chunk = chunk
    chunk.next = 0
    chunk.store(closedChunks.words(index))
    if record.pointee.newestChunk == 0 {
      record.pointee.oldestChunk = index
    } else {
      closedChunks.words(record.pointee.newestChunk)[0] = index
    }
    record.pointee.newestChunk = index
    closedBytes += chunk.memoryBytes
  }

  /// Takes the oldest closed chunk off the list. Its segments are freed unless they are still needed.
  mutating func unlinkOldest(_ record: UnsafeMutablePointer<SeriesRecord>, freeingSegments: Bool = true) {
    let index = record.pointee.oldestChunk
    let closed = ClosedChunk(closedChunks.words(index))
    if freeingSegments { segments.freeChain(closed.firstSegment) }
    closedChunks.free(index, count: ClosedChunk.words)
    record.pointee.oldestChunk = closed.next
    if closed.next == 0 { record.pointee.newestChunk = 0 }
    closedBytes -= closed.memoryBytes
  }

  mutating func dropOldestChunk(_ record: UnsafeMutablePointer<SeriesRecord>) {
    sampleCount -= UInt64(ClosedChunk(closedChunks.words(record.pointee.oldestChunk)).count)
    chunkCount -= 1
    unlinkOldest(record)
  }

  /// Drops the open chunk with its samples. The last time stays: the series must not go back behind it.
  mutating func dropOpenChunk(_ record: UnsafeMutablePointer<SeriesRecord>) {
    segments.freeChain(record.pointee.firstSegment)
    sampleCount -= UInt64(record.pointee.encoder.count)
    chunkCount -= 1
    forgetOpenChunk(record)
  }

  private func forgetOpenChunk(_ record: UnsafeMutablePointer<SeriesRecord>) {
    let lastTime = record.pointee.encoder.lastTime
    record.pointee.encoder = ChunkEncoder(codec: .xor)
    record.pointee.encoder.lastTime = lastTime
    record.pointee.firstSegment = 0
    record.pointee.lastSegment = 0
    record.pointee.bitCount = 0
  }

  // MARK: writing anew

  /// Writes a short open chunk anew with a codec that fits its values and `value` too.
  @inline(never)
  private mutating func rewrite(_ record: UnsafeMutablePointer<SeriesRecord>, with value: Double, at time: Int64) {
    let lastTime = record.pointee.encoder.lastTime
    guard let count = decodeOpenChunk(record.pointee), scratch.times[count - 1] == lastTime else {
      dropOpenChunk(record)
      openChunk(value, at: time, record)
      return
    }
    precondition(count < ChunkCodec.maximumSamples, "BUG: a full chunk is written anew")
    scratch.times[count] = time
    scratch.values[count] = value
    segments.freeChain(record.pointee.firstSegment)
    encode(0..<count + 1, preferred: nil, into: record)
  }

  /// Inserts a sample into the open chunk, which has been decoded into the scratch columns and is not full.
  ///
  /// - Parameter place: in the columns; not the first.
  mutating func insert(
    _ value: Double, at time: Int64, place: Int, intoOpenChunkOf record: UnsafeMutablePointer<SeriesRecord>
  ) {
    let count = record.pointee.encoder.count
    precondition(
      place > 0 && place < count && count < ChunkCodec.maximumSamples, "BUG: insertion at \(place) of \(count)")
    (scratch.times + place + 1).update(from: scratch.times + place, count: count - place)
    (scratch.values + place + 1).update(from: scratch.values + place, count: count - place)
    scratch.times[place] = time
    scratch.values[place] = value
    let codec = record.pointee.encoder.codec
    segments.freeChain(record.pointee.firstSegment)
    encode(0..<count + 1, preferred: codec, into: record)
  }

  /// Makes the samples `range` of the scratch columns the open chunk; the fields of the old one are overwritten.
  mutating func encode(
    _ range: Range<Int>, preferred: ChunkCodec?, into record: UnsafeMutablePointer<SeriesRecord>
  ) {
    if let preferred, encode(range, preferred, record) { return }
    let values = UnsafeBufferPointer(start: scratch.values + range.lowerBound, count: range.count)
    if encode(range, .fitting(values), record) { return }
    let isDone = encode(range, .xor, record)
    precondition(isDone, "BUG: a chunk of plain doubles refuses a sample")
  }

  private mutating func encode(
    _ range: Range<Int>, _ codec: ChunkCodec, _ record: UnsafeMutablePointer<SeriesRecord>
  ) -> Bool {
    guard codec.fits(scratch.values[range.lowerBound]) else { return false }
    startChunk(codec, record)
    for index in range where put(scratch.values[index], at: scratch.times[index], record) != .appended {
      segments.freeChain(record.pointee.firstSegment)
      return false
    }
    return true
  }

  // MARK: reading

  /// Decodes the open chunk into the scratch columns and returns its number of samples; `nil` for one that came damaged
  /// from an image.
  mutating func decodeOpenChunk(_ record: SeriesRecord) -> Int? {
    let count = record.encoder.count
    return decode(record.firstSegment, bits: Int(record.bitCount), count: count, codec: record.encoder.codec)
      ? count : nil
  }

  mutating func decode(_ chunk: ClosedChunk) -> Bool {
    decode(chunk.firstSegment, bits: Int(chunk.bitCount), count: Int(chunk.count), codec: chunk.codec)
  }

  /// Decodes a chunk into the scratch columns; `false` for one that came damaged from an image.
  mutating func decode(_ firstSegment: UInt32, bits: Int, count: Int, codec: ChunkCodec) -> Bool {
    guard let base = scratch.bytes.baseAddress else { return false }
    segments.copyChain(firstSegment, bits: bits, to: base)
    do throws(ChunkError) {
      try ChunkDecoder.decode(
        UnsafeRawBufferPointer(start: base, count: SegmentArena.byteCount(bits: bits)), codec: codec, count: count,
        times: scratch.times, values: scratch.values)
      return true
    } catch {
      unreadableChunks += 1
      return false
    }
  }

  /// The first place among `count` scratch times that is not before `time`.
  func place(of time: Int64, among count: Int) -> Int { lowerBound(scratch.times, 0, count, time) }
}

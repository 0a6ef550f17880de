import FleetModel
import Synchronization

extension HeadStore {
  /// Takes the next payload of an image in. Only on a head that has taken nothing else. Series keep their numbers.
  ///
  /// Content that agrees with its checksum and is wrong nevertheless is safe: what would do harm is refused here, and a chunk
  /// that does not decode is left out whenever it is read (``HeadStatistics/unreadableChunks``).
  ///
  /// - Throws: ``ImageError``; the head is then good for nothing.
  func readImage(_ payload: UnsafeRawBufferPointer) throws(ImageError) {
    let payload = Lent(payload)
    let failure: ImageError? = state.withLock { state in
      do throws(ImageError) {
        if let seed = try state.readImage(payload.buffer) { self.seed.store(seed, ordering: .relaxed) }
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// To be called after the last payload: `true` if the image was whole.
  func finishImage() -> Bool { state.withLock { $0.imageProgress.isWhole } }
}

extension HeadState {
  /// Tables are made for no more than this beforehand, whatever an image says; they grow.
  private static let mostExpected: UInt64 = 1 << 22
  private static let mostNumbers = UInt64(UInt32.max) - 1 << 17

  /// - Returns: the hash seed, with the first payload.
  fileprivate mutating func readImage(_ payload: UnsafeRawBufferPointer) throws(ImageError) -> UInt64? {
    guard let base = payload.baseAddress, payload.count >= 4,
      let kind = ImageFormat.Kind(rawValue: base.number(0, as: UInt32.self))
    else { throw ImageError("image: a payload of unknown kind") }
    guard imageProgress.isBegun != (kind == .header), !imageProgress.isWhole else {
      throw ImageError("image: a payload out of order")
    }
    var rows = UnsafeRawBufferPointer(rebasing: payload[4...])
    switch kind {
    case .header: return try readHeader(payload)
    case .names: while !rows.isEmpty { try readName(&rows) }
    case .pairs: while !rows.isEmpty { try readPair(&rows) }
    case .series: while !rows.isEmpty { try readSeries(&rows) }
    case .resting: try readResting(rows)
    case .end: try readEnd(payload)
    }
    return nil
  }

  private mutating func readHeader(_ payload: UnsafeRawBufferPointer) throws(ImageError) -> UInt64 {
    guard let base = payload.baseAddress, payload.count == ImageFormat.headerBytes else {
      throw ImageError("image: a header of \(payload.count) bytes")
    }
    let version = base.number(4, as: UInt32.self)
    guard version > 0, version <= ImageFormat.version else {
      throw ImageError("image: version \(version) is not known")
    }
    guard series.issued == 0, labels.pairs.issued == 0 else { throw ImageError("image: the head is in use") }
    let seed = base.number(8, as: UInt64.self)
    let (seriesNumbers, pairNumbers) = (base.number(16, as: UInt64.self), base.number(24, as: UInt64.self))
    guard seriesNumbers <= Self.mostNumbers, pairNumbers <= Self.mostNumbers else {
      throw ImageError("image: more numbers than there are")
    }
    imageProgress.seriesNumbers = Int(seriesNumbers)
    imageProgress.pairNumbers = Int(pairNumbers)
    table.reserve(Int(min(base.number(32, as: UInt64.self), seriesNumbers, Self.mostExpected)))
    labels.adopt(
      seed: seed, expectedPairs: Int(min(base.number(40, as: UInt64.self), pairNumbers, Self.mostExpected)))
    imageProgress.isBegun = true
    return seed
  }

  private mutating func readEnd(_ payload: UnsafeRawBufferPointer) throws(ImageError) {
    guard let base = payload.baseAddress, payload.count == ImageFormat.endBytes,
      base.number(8, as: UInt64.self) == imageProgress.series, base.number(16, as: UInt64.self) == imageProgress.pairs,
      base.number(24, as: UInt64.self) == sampleCount
    else { throw ImageError("image: its end does not agree with what came before") }
    series.skip(to: imageProgress.seriesNumbers)
    labels.skipPairs(to: imageProgress.pairNumbers)
    imageProgress.isWhole = true
  }

  private mutating func readName(_ rows: inout UnsafeRawBufferPointer) throws(ImageError) {
    guard let row = rows.baseAddress, rows.count >= 4 else { throw ImageError("image: a name is cut off") }
    let size = Int(row.number(0, as: UInt32.self))
    guard size <= Self.maximumLabelBytes, rows.count >= 4 + ImageFormat.padded(size) else {
      throw ImageError("image: a name is cut off")
    }
    guard labels.adopt(name: Array(rows[(rows.startIndex + 4)..<(rows.startIndex + 4 + size)])) else {
      throw ImageError("image: a name comes twice")
    }
    rows = UnsafeRawBufferPointer(rebasing: rows[(4 + ImageFormat.padded(size))...])
  }

  private mutating func readPair(_ rows: inout UnsafeRawBufferPointer) throws(ImageError) {
    guard let row = rows.baseAddress, rows.count >= ImageFormat.pairBytes else {
      throw ImageError("image: a label is cut off")
    }
    let number = row.number(0, as: UInt32.self)
    let size = Int(row.number(8, as: UInt32.self))
    guard size <= Self.maximumLabelBytes, rows.count >= ImageFormat.pairBytes + ImageFormat.padded(size) else {
      throw ImageError("image: a label is cut off")
    }
    let text = UnsafeRawBufferPointer(start: row + ImageFormat.pairBytes, count: size)
    guard Int(number) < imageProgress.pairNumbers, labels.arena.hasRoom,
      labels.adopt(pair: text, number: number, name: row.number(4, as: UInt32.self))
    else { throw ImageError("image: label \(number) is malformed or out of order") }
    imageProgress.pairs += 1
    rows = UnsafeRawBufferPointer(rebasing: rows[(ImageFormat.pairBytes + ImageFormat.padded(size))...])
  }

  private mutating func readSeries(_ rows: inout UnsafeRawBufferPointer) throws(ImageError) {
    guard let row = rows.baseAddress, rows.count >= ImageFormat.seriesBytes else {
      throw ImageError("image: a series is cut off")
    }
    let number = row.number(0, as: UInt32.self)
    guard Int(number) >= series.issued, Int(number) < imageProgress.seriesNumbers, pairNumbers.hasRoom,
      let encoder = ChunkEncoder(state: row + ImageFormat.encoderOffset)
    else { throw ImageError("image: series \(number) is malformed or out of order") }
    let pairCount = Int(row.number(ImageFormat.pairCountOffset, as: UInt16.self))
    let bits = Int(row.number(ImageFormat.bitsOffset, as: UInt16.self))
    let words = (bits + 31) / 32
    var offset = ImageFormat.seriesBytes + (pairCount + words) * 4
    guard rows.count >= offset,
      bits == 0 ? encoder.count == 0 : ImageFormat.isPossible(bits: bits, samples: encoder.count)
    else { throw ImageError("image: the open chunk of series \(number) cannot be") }
    var record = SeriesRecord()
    record.hash = row.number(4, as: UInt32.self)
    record.encoder = encoder
    record.flags = SeriesRecord.Flags(rawValue: row.number(ImageFormat.flagsOffset, as: UInt8.self))
      .intersection([.touched, .appended, .waiting])
    record.flags.insert(.live)
    try addPairs(count: pairCount, of: number, to: &record) {
      row.number(ImageFormat.seriesBytes + $0 * 4, as: UInt32.self)
    }
    var firstOpen = Int64.max
    if bits > 0 {
      openChunk(row + ImageFormat.seriesBytes + pairCount * 4, bits: bits, of: &record)
      firstOpen = firstTime(inSegment: record.firstSegment)
    }
    let last = try readClosedChunks(row, rows.count, &offset, before: firstOpen, of: &record)
    try readLate(row, rows.count, &offset, of: number, &record)
    if row.number(ImageFormat.flagsOffset, as: UInt8.self) & SeriesRecord.Flags.histograms.rawValue != 0 {
      try readHistograms(rows, &offset, of: number, &record)
    }
    guard last <= record.encoder.lastTime, bits == 0 || firstOpen <= record.encoder.lastTime,
      record.flags.contains(.appended) || !record.hasSamples
    else { throw ImageError("image: the times of series \(number) cannot be") }
    if bits > 0 { note(record, from: firstOpen) }
    place(record, number)
    rows = UnsafeRawBufferPointer(rebasing: rows[offset...])
  }

  private mutating func place(_ record: SeriesRecord, _ number: UInt32) {
    series.skip(to: Int(number))
    _ = series.append(record)
    table.insert(record.hash, number)
    liveSeries += 1
    imageProgress.series += 1
  }

  private mutating func readResting(_ rows: UnsafeRawBufferPointer) throws(ImageError) {
    var rows = rows
    var row = RestingRow()
    while !rows.isEmpty {
      try row.read(&rows)
      guard Int(row.number) >= series.issued, Int(row.number) < imageProgress.seriesNumbers, pairNumbers.hasRoom else {
        throw ImageError("image: series \(row.number) is out of order")
      }
      var record = SeriesRecord()
      record.hash = row.hash
      record.encoder = ChunkEncoder(codec: .xor)
      record.encoder.lastTime = row.lastTime
      record.flags = row.flags.intersection([.touched, .appended, .waiting])
      record.flags.insert(.live)
      try addPairs(count: row.pairs.count, of: row.number, to: &record) { row.pairs[$0] }
      place(record, row.number)
    }
  }

  @inline(__always)
  private mutating func addPairs(
    count: Int, of number: UInt32, to record: inout SeriesRecord, _ pair: (Int) -> UInt32
  ) throws(ImageError) {
    record.pairCount = UInt16(truncatingIfNeeded: count)
    guard count > 0 else { return }
    guard count <= labels.names.count else { throw ImageError("image: series \(number) has more labels than names") }
    record.pairs = pairNumbers.allocate(count)
    let target = pairNumbers.words(record.pairs)
    for index in 0..<count {
      let pair = pair(index)
      guard labels.adopt(series: number, into: pair) else {
        throw ImageError("image: series \(number) has a label that is not there")
      }
      target[index] = pair
    }
  }

  @inline(__always)
  private mutating func openChunk(_ words: UnsafeRawPointer, bits: Int, of record: inout SeriesRecord) {
    (record.firstSegment, record.lastSegment) = segments.makeChain(words, words: (bits + 31) / 32)
    record.bitCount = UInt16(truncatingIfNeeded: bits)
    // What is appended is added to zeros.
    if bits & 31 != 0 {
      let last = ((bits + 31) / 32 - 1) % SegmentArena.linkWord
      segments.words(record.lastSegment)[last] &= .max << UInt32(32 - bits & 31)
    }
  }

  private mutating func note(_ record: SeriesRecord, from first: Int64) {
    chunkCount += 1
    sampleCount += UInt64(record.encoder.count)
    oldest = min(oldest, first)
    newest = max(newest, record.encoder.lastTime)
  }

  /// - Returns: the first time of the last one.
  private mutating func readClosedChunks(
    _ row: UnsafeRawPointer, _ size: Int, _ offset: inout Int, before end: Int64, of record: inout SeriesRecord
  ) throws(ImageError) -> Int64 {
    let chunks = row.number(ImageFormat.chunkCountOffset, as: UInt32.self)
    var previous: Int64?
    for _ in 0..<chunks {
      guard size - offset >= 4, closedChunks.hasRoom else { throw ImageError("image: a chunk is cut off") }
      let bits = Int(row.number(offset, as: UInt16.self))
      let count = Int(row.number(offset + 2, as: UInt8.self))
      let words = (bits + 31) / 32
      guard let codec = ChunkCodec(rawValue: row.number(offset + 3, as: UInt8.self)),
        count <= ChunkCodec.maximumSamples,
        ImageFormat.isPossible(bits: bits, samples: count), size - offset - 4 >= words * 4
      else { throw ImageError("image: a chunk cannot be") }
      let segment = segments.makeChain(row + offset + 4, words: words).first
      let first = firstTime(inSegment: segment)
      guard previous.map({ $0 < first }) ?? true, first < end else {
        throw ImageError("image: chunks are out of order")
      }
      previous = first
      withUnsafeMutablePointer(to: &record) { record in
        link(
          ClosedChunk(
            next: 0, firstSegment: segment, firstTime: first, bitCount: UInt16(truncatingIfNeeded: bits),
            count: UInt16(truncatingIfNeeded: count), codec: codec), to: record)
      }
      chunkCount += 1
      sampleCount += UInt64(count)
      oldest = min(oldest, first)
      newest = max(newest, record.encoder.lastTime)
      offset += 4 + words * 4
    }
    return previous ?? .min
  }

  private mutating func readHistograms(
    _ rows: UnsafeRawBufferPointer, _ offset: inout Int, of number: UInt32, _ record: inout SeriesRecord
  ) throws(ImageError) {
    guard let histograms = HistogramImage.decode(rows, &offset), !histograms.isEmpty,
      max(histograms.newest ?? .min, histograms.late.timestamps.last ?? .min) <= record.encoder.lastTime
    else { throw ImageError("image: the histograms of series \(number) cannot be") }
    adopt(histograms, of: number, &record)
  }

  private mutating func readLate(
    _ row: UnsafeRawPointer, _ size: Int, _ offset: inout Int, of number: UInt32, _ record: inout SeriesRecord
  ) throws(ImageError) {
    let count = Int(row.number(ImageFormat.lateCountOffset, as: UInt32.self))
    guard count > 0 else { return }
    guard size - offset >= count * LateColumns.sampleBytes else { throw ImageError("image: late samples are cut off") }
    let values = row + offset + count * 8
    let columns = LateColumns(
      times: (0..<count).map { row.number(offset + $0 * 8, as: Int64.self) },
      values: (0..<count).map { Double(bitPattern: values.number($0 * 8, as: UInt64.self)) })
    guard zip(columns.times, columns.times.dropFirst()).allSatisfy({ $0 < $1 }),
      let first = columns.times.first, let last = columns.times.last, last <= record.encoder.lastTime
    else { throw ImageError("image: late samples are out of order") }
    late[number] = columns
    record.flags.insert(.late)
    lateCount += count
    sampleCount += UInt64(count)
    oldest = min(oldest, first)
    newest = max(newest, last)
    offset += count * LateColumns.sampleBytes
  }
}

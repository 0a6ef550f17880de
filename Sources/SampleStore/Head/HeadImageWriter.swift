import FleetModel
import Platform
import Synchronization

extension HeadStore {
  /// Hands the head over in payloads, each made under a short hold of the lock; appends go on meanwhile. Samples that come
  /// meanwhile may or may not be in it: replaying the log from a segment that was begun before this call, over the image,
  /// gives the head as it was (samples that the image has already are recognised by their time). No series is forgotten
  /// while an image is made.
  ///
  /// - Parameter renumbering: numbers series and labels anew from 0, for another head to read (see ``needsRenumbering``).
  ///   Only while nobody appends or holds references.
  func writeImage(
    renumbering: Bool = false, _ take: (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) {
    var payload = ImagePayload()
    var writing = state.withLock { state in
      state.pins += 1
      let writing = ImageWriting(state, renumbering: renumbering)
      state.writeHeader(writing, seed: seed.load(ordering: .relaxed), to: &payload)
      return writing
    }
    defer { state.withLock { $0.pins -= 1 } }
    try take(payload.bytes)
    for part in [ImageFormat.Kind.names, .pairs, .series] {
      var next: Int? = 0
      while let first = next {
        payload.begin(part)
        next = state.withLock { state in
          switch part {
          case .names: state.writeNames(from: first, &writing, to: &payload)
          case .pairs: state.writePairs(from: first, &writing, to: &payload)
          default: state.writeSeries(from: first, &writing, to: &payload)
          }
        }
        if payload.count > 4 { try take(payload.bytes) }
      }
    }
    payload.begin(.end)
    payload.put(UInt32(0))
    payload.put(writing.series)
    payload.put(writing.pairs)
    payload.put(writing.samples)
    try take(payload.bytes)
  }

  /// So many numbers were given that those of series which are gone take more room than the series that are there, or that
  /// numbers will run out. To be asked after a start, before anybody holds references: then let another head read
  /// ``writeImage(renumbering:_:)`` of this one.
  var needsRenumbering: Bool {
    state.withLock { state in
      Self.needsRenumbering(given: state.series.issued, live: state.liveSeries)
        || Self.needsRenumbering(given: state.labels.pairs.issued, live: state.labels.livePairs)
    }
  }

  static func needsRenumbering(given: Int, live: Int) -> Bool {
    given > 1 << 31 || (given > 1 << 24 && given > live * 256)
  }
}

/// What an image in the making covers, and what has been written.
struct ImageWriting: Sendable {
  let names: Int
  let pairNumbers: Int
  let seriesNumbers: Int
  let isRenumbering: Bool
  var newPairs = NumberMap()
  var series: UInt64 = 0
  var pairs: UInt64 = 0
  var samples: UInt64 = 0

  init(_ state: borrowing HeadState, renumbering: Bool) {
    names = state.labels.names.count
    pairNumbers = state.labels.pairs.issued
    seriesNumbers = state.series.issued
    isRenumbering = renumbering
    if renumbering { newPairs = NumberMap(over: state.labels.pairs) }
  }
}

extension HeadState {
  /// A payload ends after the row that makes it this large.
  private static let payloadBytes = 192 << 10
  private static let rowsAtOnce = 1024
  /// Their open chunks are encoded under the lock, at some tens of microseconds each.
  private static let histogramsAtOnce = 16

  fileprivate func writeHeader(_ writing: ImageWriting, seed: UInt64, to payload: inout ImagePayload) {
    payload.begin(.header)
    payload.put(ImageFormat.version)
    payload.put(seed)
    payload.put(UInt64(writing.isRenumbering ? liveSeries : writing.seriesNumbers))
    payload.put(UInt64(writing.isRenumbering ? labels.livePairs : writing.pairNumbers))
    payload.put(UInt64(liveSeries))
    payload.put(UInt64(labels.livePairs))
  }

  fileprivate func writeNames(from first: Int, _ writing: inout ImageWriting, to payload: inout ImagePayload) -> Int? {
    var index = first
    while index < writing.names, payload.count < Self.payloadBytes {
      labels.names[index].text.withUnsafeBytes { text in
        payload.put(UInt32(truncatingIfNeeded: text.count))
        payload.put(padded: text)
      }
      index += 1
    }
    return index < writing.names ? index : nil
  }

  fileprivate func writePairs(from first: Int, _ writing: inout ImageWriting, to payload: inout ImagePayload) -> Int? {
    var index = labels.pairs.skippingDeadPages(from: first, pages: Self.rowsAtOnce)
    let end = min(index + Self.rowsAtOnce * 4, writing.pairNumbers)
    while index < end, payload.count < Self.payloadBytes {
      let number = UInt32(truncatingIfNeeded: index)
      index += 1
      guard let pair = labels.pairs.pointer(number), pair.pointee.isLive else { continue }
      let new = writing.isRenumbering ? UInt32(truncatingIfNeeded: writing.pairs) : number
      if writing.isRenumbering { writing.newPairs[number] = new }
      payload.put(new)
      payload.put(pair.pointee.name)
      payload.put(pair.pointee.byteCount)
      payload.put(padded: labels.bytes(number))
      writing.pairs += 1
    }
    return index < writing.pairNumbers ? index : nil
  }

  /// A payload holds series with samples, or such without: it ends where one of the other kind comes.
  fileprivate func writeSeries(from first: Int, _ writing: inout ImageWriting, to payload: inout ImagePayload) -> Int? {
    var index = series.skippingDeadPages(from: first, pages: Self.rowsAtOnce)
    let end = min(index + Self.rowsAtOnce, writing.seriesNumbers)
    var isResting: Bool?
    var row = RestingRow()
    var histograms = 0
    while index < end, payload.count < Self.payloadBytes, histograms < Self.histogramsAtOnce {
      let number = UInt32(truncatingIfNeeded: index)
      guard let record = live(number)?.pointee else {
        index += 1
        continue
      }
      let rests = !record.hasSamples
      if isResting == nil, rests { payload.begin(.resting) }
      guard isResting ?? rests == rests else { return index }
      isResting = rests
      if rests {
        writeResting(number, record, after: &row, &writing, to: &payload)
      } else {
        writeSeries(number, record, &writing, to: &payload)
      }
      if record.flags.contains(.histograms) { histograms += 1 }
      writing.series += 1
      index += 1
    }
    return index < writing.seriesNumbers ? index : nil
  }

  private func writeResting(
    _ number: UInt32, _ record: SeriesRecord, after row: inout RestingRow, _ writing: inout ImageWriting,
    to payload: inout ImagePayload
  ) {
    let flags = record.flags.intersection([.touched, .appended, .waiting])
    let pairs = pairNumbers(of: record)
    if writing.isRenumbering {
      row.write(
        UInt32(truncatingIfNeeded: writing.series), record, flags: flags, pairs: pairs.map { writing.newPairs[$0] },
        to: &payload)
    } else {
      row.write(number, record, flags: flags, pairs: pairs, to: &payload)
    }
  }

  private func writeSeries(
    _ number: UInt32, _ record: SeriesRecord, _ writing: inout ImageWriting, to payload: inout ImagePayload
  ) {
    let pairs = pairNumbers(of: record)
    let openWords = record.hasOpenChunk ? (Int(record.bitCount) + 31) / 32 : 0
    let late = record.flags.contains(.late) ? lateColumns(of: number, .min, .max) : LateColumns()
    var chunks: UInt32 = 0
    var chunk = record.oldestChunk
    while chunk != 0 {
      chunks += 1
      chunk = ClosedChunk(closedChunks.words(chunk)).next
    }
    let row = payload.extend(ImageFormat.seriesBytes + pairs.count * 4 + openWords * 4)
    let new = writing.isRenumbering ? UInt32(truncatingIfNeeded: writing.series) : number
    row.storeBytes(of: new.littleEndian, toByteOffset: 0, as: UInt32.self)
    row.storeBytes(of: record.hash.littleEndian, toByteOffset: 4, as: UInt32.self)
    record.encoder.storeState(to: row + ImageFormat.encoderOffset)
    let flags = record.flags.intersection([.touched, .appended, .waiting, .histograms])
    row.storeBytes(of: flags.rawValue, toByteOffset: ImageFormat.flagsOffset, as: UInt8.self)
    let bits = record.hasOpenChunk ? record.bitCount : 0
    row.storeBytes(of: bits.littleEndian, toByteOffset: ImageFormat.bitsOffset, as: UInt16.self)
    row.storeBytes(of: record.pairCount.littleEndian, toByteOffset: ImageFormat.pairCountOffset, as: UInt16.self)
    row.storeBytes(of: chunks.littleEndian, toByteOffset: ImageFormat.chunkCountOffset, as: UInt32.self)
    row.storeBytes(
      of: UInt32(truncatingIfNeeded: late.count).littleEndian, toByteOffset: ImageFormat.lateCountOffset,
      as: UInt32.self)
    var offset = ImageFormat.seriesBytes
    for pair in pairs {
      let pair = writing.isRenumbering ? writing.newPairs[pair] : pair
      row.storeBytes(of: pair.littleEndian, toByteOffset: offset, as: UInt32.self)
      offset += 4
    }
    if openWords > 0 { segments.copyWords(record.firstSegment, words: openWords, to: row + offset) }
    writeClosedChunks(of: record, &writing, to: &payload)
    for time in late.times { payload.put(time) }
    for value in late.values { payload.put(value.bitPattern) }
    writing.samples += UInt64(record.encoder.count + late.count)
    if record.flags.contains(.histograms) {
      let parts = histogramParts(of: number)
      payload.put(HistogramImage.encode(parts, with: columnEncoder))
      writing.samples += UInt64(parts.reduce(0) { $0 + $1.size.samples })
    }
  }

  private func writeClosedChunks(
    of record: SeriesRecord, _ writing: inout ImageWriting, to payload: inout ImagePayload
  ) {
    var index = record.oldestChunk
    while index != 0 {
      let closed = ClosedChunk(closedChunks.words(index))
      payload.put(closed.bitCount)
      payload.put(UInt8(truncatingIfNeeded: closed.count))
      payload.put(closed.codec.rawValue)
      let words = (Int(closed.bitCount) + 31) / 32
      segments.copyWords(closed.firstSegment, words: words, to: payload.extend(words * 4))
      writing.samples += UInt64(closed.count)
      index = closed.next
    }
  }
}

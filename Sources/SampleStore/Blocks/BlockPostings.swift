/// The places of the series with one label, rising, as bytes:
///
/// ```
/// count << 2 | kind
/// kind 0, steps:  skips │ for each place: place - the one before - 1
/// kind 1, runs:   number of runs │ skips │ for each run: start - end of the one before │ length - 1
/// kind 2, bits:   place / 8 of the first │ bytes, least significant bit first
/// skips = for each 128th place or run but the first: place u32, offset u32 behind its first number, from the end of the skips
/// ```
/// What comes before the first place counts as -1, before the first run as 0. The smallest of the three is taken.
enum BlockPostings {
  /// - Parameter places: rising, at least one.
  static func append(_ places: UnsafeBufferPointer<UInt32>, to bytes: inout [UInt8]) {
    guard let first = places.first, let last = places.last else { preconditionFailure("BUG: a label without series") }
    var runs = 0
    var stepBytes = 0
    var runBytes = 0
    var end = 0
    forEachRun(places) { start, length in
      runs += 1
      stepBytes += BlockFormat.varintBytes(start - end) + length - 1
      runBytes += BlockFormat.varintBytes(start - end) + BlockFormat.varintBytes(length - 1)
      end = start + length
    }
    stepBytes += skipBytes(places.count)
    runBytes += skipBytes(runs) + BlockFormat.varintBytes(runs)
    let bitBytes = Int(last / 8 - first / 8) + 1 + BlockFormat.varintBytes(Int(first / 8))
    if stepBytes <= min(runBytes, bitBytes) {
      appendSteps(places, to: &bytes)
    } else if runBytes <= bitBytes {
      appendRuns(places, runs: runs, to: &bytes)
    } else {
      BlockFormat.append(varint: places.count << 2 | 2, to: &bytes)
      BlockFormat.append(varint: Int(first / 8), to: &bytes)
      let base = bytes.count - Int(first / 8)
      bytes.append(contentsOf: repeatElement(0, count: Int(last / 8 - first / 8) + 1))
      for place in places { bytes[base + Int(place / 8)] |= 1 << UInt8(place & 7) }
    }
  }

  private static func appendSteps(_ places: UnsafeBufferPointer<UInt32>, to bytes: inout [UInt8]) {
    BlockFormat.append(varint: places.count << 2, to: &bytes)
    let skips = SkipBuilder(entries: places.count, in: &bytes)
    var end = 0
    for (index, place) in places.enumerated() {
      BlockFormat.append(varint: Int(place) - end, to: &bytes)
      skips.note(index, place: place, in: &bytes)
      end = Int(place) + 1
    }
  }

  private static func appendRuns(_ places: UnsafeBufferPointer<UInt32>, runs: Int, to bytes: inout [UInt8]) {
    BlockFormat.append(varint: places.count << 2 | 1, to: &bytes)
    BlockFormat.append(varint: runs, to: &bytes)
    let skips = SkipBuilder(entries: runs, in: &bytes)
    var end = 0
    var index = 0
    forEachRun(places) { start, length in
      BlockFormat.append(varint: start - end, to: &bytes)
      skips.note(index, place: UInt32(start), in: &bytes)
      BlockFormat.append(varint: length - 1, to: &bytes)
      end = start + length
      index += 1
    }
  }

  @inline(__always)
  private static func forEachRun(_ places: UnsafeBufferPointer<UInt32>, _ body: (_ start: Int, _ length: Int) -> Void) {
    var index = 0
    while index < places.count {
      let start = index
      index += 1
      while index < places.count, places[index] == places[start] + UInt32(index - start) { index += 1 }
      body(Int(places[start]), index - start)
    }
  }

  static func skipBytes(_ entries: Int) -> Int { (entries - 1) / BlockFormat.entriesPerSkip * 8 }

  private struct SkipBuilder {
    private let start: Int
    private let end: Int

    init(entries: Int, in bytes: inout [UInt8]) {
      start = bytes.count
      end = start + BlockPostings.skipBytes(entries)
      bytes.append(contentsOf: repeatElement(0, count: end - start))
    }

    func note(_ index: Int, place: UInt32, in bytes: inout [UInt8]) {
      guard index > 0, index % BlockFormat.entriesPerSkip == 0 else { return }
      let offset = UInt32(bytes.count - end)
      let entry = start + (index / BlockFormat.entriesPerSkip - 1) * 8
      bytes.withUnsafeMutableBytes {
        $0.storeBytes(of: place.littleEndian, toByteOffset: entry, as: UInt32.self)
        $0.storeBytes(of: offset.littleEndian, toByteOffset: entry + 4, as: UInt32.self)
      }
    }
  }
}

/// Places as bits.
struct PlaceSet: Sendable {
  private var words: [UInt64]

  init(count: Int) { words = [UInt64](repeating: 0, count: (count + 63) / 64) }

  func contains(_ place: UInt32) -> Bool { words[Int(place >> 6)] >> UInt64(place & 63) & 1 == 1 }

  mutating func insert(_ places: Range<Int>) {
    var place = places.lowerBound
    while place < places.upperBound {
      if place & 63 == 0, places.upperBound - place >= 64 {
        words[place >> 6] = .max
        place += 64
      } else {
        words[place >> 6] |= 1 << UInt64(place & 63)
        place += 1
      }
    }
  }

  func visit(_ body: (UInt32) -> Void) {
    for (index, word) in words.enumerated() where word != 0 {
      var rest = word
      while rest != 0 {
        body(UInt32(truncatingIfNeeded: index * 64 + rest.trailingZeroBitCount))
        rest &= rest - 1
      }
    }
  }
}

import FleetModel

/// The histograms of a series as an image holds them; ``ImageFormat`` draws them. The open chunk is one that is written as if it
/// were closed.
enum HistogramImage {
  /// The parts of one series, the older first.
  static func encode(_ parts: [HeadHistograms], with encoder: borrowing ColumnEncoder) -> [UInt8] {
    var closed: [HistogramChunk] = []
    var open: [HistogramChunk] = []
    var late = HistogramColumns()
    for part in parts {
      // Only the last part can have an open one.
      closed += part.chunks
      var cutter = part.open
      if let chunk = cutter.finish(with: encoder) { open.append(chunk) }
      late.join(part.late)
    }
    var bytes: [UInt8] = []
    let limit = HeadHistograms.histogramsPerChunk
    for chunks in [closed, open, HistogramCutter.chunks(of: late, limit: limit, with: encoder)] {
      BlockFormat.append(varint: chunks.count, to: &bytes)
      for chunk in chunks {
        BlockFormat.append(varint: chunk.count, to: &bytes)
        for column in [chunk.times, chunk.values] {
          BlockFormat.append(varint: column.count, to: &bytes)
          bytes += column
        }
      }
    }
    return bytes
  }

  /// Reads from `offset` on, any bytes, and moves it behind what was read; `nil` for what cannot be.
  static func decode(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> HeadHistograms? {
    guard let base = bytes.baseAddress, bytes.count - offset >= 4 else { return nil }
    let size = Int(base.number(offset, as: UInt32.self))
    let padded = ImageFormat.padded(size)
    guard padded <= bytes.count - offset - 4 else { return nil }
    let content = UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<offset + 4 + size])
    offset += 4 + padded
    var reader = ByteReader(content)
    do throws(BlockFlaw) {
      let closed = try chunks(&reader)
      let open = try chunks(&reader)
      let late = try chunks(&reader)
      guard reader.remaining == 0, open.count <= 1 else { return nil }
      return HeadHistograms(chunks: closed, open: open.first, late: late)
    } catch {
      return nil
    }
  }

  private static func chunks(_ reader: inout ByteReader) throws(BlockFlaw) -> [HistogramChunk] {
    var chunks: [HistogramChunk] = []
    for _ in 0..<(try reader.number(atMost: reader.remaining)) {
      let count = try reader.number(atMost: HistogramColumn.maximumCount)
      let times = try reader.text()
      let values = try reader.text()
      guard let chunk = HistogramChunk(count: count, times: Array(times), values: Array(values)) else {
        throw BlockFlaw("the times of histograms do not decode")
      }
      chunks.append(chunk)
    }
    return chunks
  }
}

extension ImagePayload {
  /// Bytes with their number before them, padded.
  mutating func put(_ bytes: [UInt8]) {
    put(UInt32(truncatingIfNeeded: bytes.count))
    bytes.withUnsafeBytes { put(padded: $0) }
  }
}

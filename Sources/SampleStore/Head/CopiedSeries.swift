import FleetModel

/// Chunks of some series, copied out of the head so that they can be decoded without its lock.
struct CopiedSeries: Sendable {
  struct Chunk: Sendable {
    var codec: ChunkCodec
    var count: Int
    var offset: Int
    var byteCount: Int
  }

  struct Entry: Sendable {
    var labels: [UInt8]
    var chunks: Range<Int>
    var late = LateColumns()
    var histograms: HeadHistograms?
  }

  var entries: [Entry] = []
  var chunks: [Chunk] = []
  var bytes: [UInt8] = []

  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    chunks.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }

  /// Decodes one entry, late samples merged in: strictly rising times. A chunk that does not decode, or does not come after
  /// the one before, is left out and counted.
  func decode(_ entry: Entry, into columns: inout SampleBuffer, unreadable: inout Int) {
    columns.removeAll()
    bytes.withUnsafeBytes { bytes in
      for chunk in chunks[entry.chunks] {
        let encoded = UnsafeRawBufferPointer(rebasing: bytes[chunk.offset..<chunk.offset + chunk.byteCount])
        if !columns.append(encoded, codec: chunk.codec, count: chunk.count) { unreadable += 1 }
      }
    }
    if !entry.late.isEmpty { columns.merge(entry.late) }
  }
}

extension SampleBuffer {
  /// Decodes a chunk behind what is there; `false` if it does not decode or does not come after that.
  mutating func append(_ encoded: UnsafeRawBufferPointer, codec: ChunkCodec, count added: Int) -> Bool {
    reserve(added)
    do throws(ChunkError) {
      try ChunkDecoder.decode(encoded, codec: codec, count: added, times: times + count, values: values + count)
    } catch {
      return false
    }
    if count > 0, added > 0, times[count] <= times[count - 1] { return false }
    advance(added)
    return true
  }

  /// Merges late samples in; where there is a sample at their time, that one counts.
  mutating func merge(_ late: LateColumns) {
    var added = 0
    for time in late.times where !contains(time) { added += 1 }
    reserve(added)
    var source = count - 1
    var target = count + added - 1
    var index = late.count - 1
    while index >= 0 {
      let time = late.times[index]
      if contains(time, below: source + 1) {
        index -= 1
      } else if source >= 0, times[source] > time {
        times[target] = times[source]
        values[target] = values[source]
        source -= 1
        target -= 1
      } else {
        times[target] = time
        values[target] = late.values[index]
        index -= 1
        target -= 1
      }
    }
    advance(added)
  }

  private func contains(_ time: Int64) -> Bool { contains(time, below: count) }

  private func contains(_ time: Int64, below end: Int) -> Bool {
    let place = lowerBound(times, 0, end, time)
    return place < end && times[place] == time
  }
}

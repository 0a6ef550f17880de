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
  }

  var entries: [Entry] = []
  var chunks: [Chunk] = []
  var bytes: [UInt8] = []

  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    chunks.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }

  /// Decodes the entries and trims them to the range; series without a sample in it are left out.
  ///
  /// - Returns: how many chunks did not decode.
  func decode(_ from: Int64, _ through: Int64, into result: inout [SelectedSeries]) -> Int {
    var columns = SampleBuffer()
    var unreadable = 0
    for entry in entries {
      decode(entry, into: &columns, unreadable: &unreadable)
      let first = lowerBound(columns.times, 0, columns.count, from)
      let end = through == .max ? columns.count : lowerBound(columns.times, first, columns.count, through + 1)
      guard first < end else { continue }
      result.append(
        SelectedSeries(
          labels: LabelSet(canonicalEncoding: entry.labels),
          samples: SampleColumns(
            timestamps: Array(UnsafeBufferPointer(start: columns.times + first, count: end - first)),
            values: Array(UnsafeBufferPointer(start: columns.values + first, count: end - first)))))
    }
    return unreadable
  }

  /// Decodes one entry, late samples merged in: strictly rising times. A chunk that does not decode, or does not come after
  /// the one before, is left out and counted.
  func decode(_ entry: Entry, into columns: inout SampleBuffer, unreadable: inout Int) {
    columns.reset(chunks[entry.chunks].reduce(entry.late.count) { $0 + $1.count })
    bytes.withUnsafeBytes { bytes in
      for chunk in chunks[entry.chunks] {
        let encoded = UnsafeRawBufferPointer(rebasing: bytes[chunk.offset..<chunk.offset + chunk.byteCount])
        if !columns.append(encoded, codec: chunk.codec, count: chunk.count) { unreadable += 1 }
      }
    }
    if !entry.late.isEmpty { columns.merge(entry.late) }
  }
}

/// Samples of one series in two columns; the memory is used again for the next one.
struct SampleBuffer: ~Copyable {
  private(set) var times: UnsafeMutablePointer<Int64>
  private(set) var values: UnsafeMutablePointer<Double>
  private var capacity = 256
  private(set) var count = 0

  init() {
    times = .allocate(capacity: capacity)
    values = .allocate(capacity: capacity)
  }

  deinit {
    times.deallocate()
    values.deallocate()
  }

  /// Empties the columns and makes room for `size` samples.
  mutating func reset(_ size: Int) {
    count = 0
    guard size > capacity else { return }
    times.deallocate()
    values.deallocate()
    capacity = max(size, capacity * 2)
    times = .allocate(capacity: capacity)
    values = .allocate(capacity: capacity)
  }

  /// Decodes a chunk behind what is there; `false` if it does not decode or does not come after that.
  mutating func append(_ encoded: UnsafeRawBufferPointer, codec: ChunkCodec, count added: Int) -> Bool {
    precondition(count + added <= capacity, "BUG: a column of \(capacity) samples is too short")
    do throws(ChunkError) {
      try ChunkDecoder.decode(encoded, codec: codec, count: added, times: times + count, values: values + count)
    } catch {
      return false
    }
    if count > 0, added > 0, times[count] <= times[count - 1] { return false }
    count += added
    return true
  }

  /// Merges late samples in; where there is a sample at their time, that one counts.
  mutating func merge(_ late: LateColumns) {
    precondition(count + late.count <= capacity, "BUG: a column of \(capacity) samples is too short")
    var added = 0
    for time in late.times where !contains(time) { added += 1 }
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
    count += added
  }

  private func contains(_ time: Int64) -> Bool { contains(time, below: count) }

  private func contains(_ time: Int64, below end: Int) -> Bool {
    let place = lowerBound(times, 0, end, time)
    return place < end && times[place] == time
  }
}

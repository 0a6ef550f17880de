/// The times of one chunk of a block as a column of bytes. Series that were collected together share one.
///
/// ```
/// ┌─────────────────────┬────────────────────┬──────────────────────────────────────┐
/// │ form (u8), mark = 0 │ distance (uvarint) │ integers, as ``ValueColumn`` has them │
/// └─────────────────────┴────────────────────┴──────────────────────────────────────┘
/// ```
///
/// The integers are `time[i] - i * distance`: constant if the collection was regular (about 12 bytes whatever the count),
/// else the jitter, with what is left of a gap as a patch.
public enum TimeColumn {
  /// Appends the encoded column to `bytes`. A caller with many columns takes a ``ColumnEncoder``.
  ///
  /// - Precondition: 1 ... ``ValueColumn/maximumCount`` times in milliseconds, strictly rising.
  public static func encode(_ times: UnsafeBufferPointer<Int64>, into bytes: inout [UInt8]) {
    let encoder = ColumnEncoder()
    encoder.encode(times, into: &bytes)
  }

  /// Reads `count` times back; they are strictly rising. Bytes of any content are safe.
  ///
  /// - Precondition: `times` has room for `count`, which is at most ``ValueColumn/maximumCount``.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, count: Int, into times: UnsafeMutablePointer<Int64>
  ) throws(ChunkError) {
    precondition(count >= 0 && count <= ValueColumn.maximumCount, "BUG: a column of \(count) times")
    guard count > 0 else { return }
    var reader = ColumnReader(bytes)
    let form = try reader.byte()
    guard form & 0x1f == 0, let kind = IntegerColumn.Kind(rawValue: form >> 5 & 3) else { throw .unknownCodec(form) }
    let distance = Int64(bitPattern: try reader.number())
    try IntegerColumn.decode(&reader, kind: kind, hasFactor: form & 0x80 != 0, count: count, into: times)
    var offset: Int64 = 0
    for index in 1..<max(1, count) {
      offset &+= distance
      times[index] &+= offset
      guard times[index] > times[index - 1] else {
        throw .corrupt(atSample: index, "its time is not after the one before")
      }
    }
  }
}

extension ColumnEncoder {
  /// See ``TimeColumn/encode(_:into:)``.
  public func encode(_ times: UnsafeBufferPointer<Int64>, into bytes: inout [UInt8]) {
    precondition(!times.isEmpty && times.count <= ValueColumn.maximumCount, "BUG: a column of \(times.count) times")
    let distances = times.count > 1 ? candidates(times) : (0, 0)
    let start = bytes.count
    append(times, distance: distances.0, to: &bytes)
    guard distances.0 != distances.1 else { return }
    let middle = bytes.count
    append(times, distance: distances.1, to: &bytes)
    if bytes.count - middle < middle - start {
      bytes.removeSubrange(start..<middle)
    } else {
      bytes.removeSubrange(middle...)
    }
  }

  private func append(_ times: UnsafeBufferPointer<Int64>, distance: Int64, to bytes: inout [UInt8]) {
    for index in times.indices { scratch.numbers[index] = times[index] &- Int64(index) &* distance }
    let form = bytes.count
    bytes.append(0)
    bytes.append(number: UInt64(bitPattern: distance))
    IntegerColumnEncoder.encode(count: times.count, form: form, scratch, into: &bytes)
  }

  /// The mean distance, which suits jitter around a fixed beat, and the median, which suits gaps.
  private func candidates(_ times: UnsafeBufferPointer<Int64>) -> (Int64, Int64) {
    let count = times.count - 1
    for index in 0..<count { scratch.sources[index] = times[index + 1] &- times[index] }
    var distances = UnsafeMutableBufferPointer(start: scratch.sources, count: count)
    distances.sort()
    let whole = times[count] &- times[0]
    return ((whole &+ Int64(count / 2)) / Int64(count), scratch.sources[count / 2])
  }
}

import FleetModel

/// Series without samples in the head, as an image holds them: most of what a checkpoint has to say after a flush. Each row is
/// told apart from the row before it in the payload, since neighbours mostly belong to one instance.
///
/// ```
/// resting: │ 6 u32 │ row …
/// row:     │ number - previous number, varint │ hash of the labels u32 │ last time - previous one, zigzag varint │ flags u8 │
///          │ pair count, varint │ pair number or 0, varint …      0: as the row before at this place; else the number + 1
/// ```
/// A varint is LEB128. The first row of a payload counts from number 0, time 0 and no pairs.
struct RestingRow {
  private(set) var number: UInt32 = 0
  private(set) var hash: UInt32 = 0
  private(set) var lastTime: Int64 = 0
  private(set) var flags: SeriesRecord.Flags = []
  private(set) var pairs: [UInt32] = []
  private var previous: [UInt32] = []

  /// Writes the row that comes after this one.
  mutating func write(
    _ number: UInt32, _ record: SeriesRecord, flags: SeriesRecord.Flags, pairs: some Collection<UInt32>,
    to payload: inout ImagePayload
  ) {
    payload.put(varint: UInt64(number &- self.number))
    payload.put(record.hash)
    let step = record.encoder.lastTime &- lastTime
    payload.put(varint: UInt64(bitPattern: step << 1 ^ step >> 63))
    payload.put(flags.rawValue)
    payload.put(varint: UInt64(pairs.count))
    swap(&previous, &self.pairs)
    self.pairs.removeAll(keepingCapacity: true)
    for (index, pair) in pairs.enumerated() {
      let isSame = index < previous.count && previous[index] == pair
      payload.put(varint: isSame ? 0 : UInt64(pair) + 1)
      self.pairs.append(pair)
    }
    self.number = number
    lastTime = record.encoder.lastTime
  }

  /// Reads the row that comes after this one.
  mutating func read(_ rows: inout UnsafeRawBufferPointer) throws(ImageError) {
    var reader = VarintReader(rows)
    let step = try reader.varint()
    hash = try reader.word()
    let time = try reader.varint()
    flags = SeriesRecord.Flags(rawValue: try reader.byte())
    let count = try reader.varint()
    guard step <= UInt64(UInt32.max - number), count <= UInt64(UInt16.max) else {
      throw ImageError("image: a series without samples cannot be")
    }
    number += UInt32(truncatingIfNeeded: step)
    lastTime &+= Int64(bitPattern: time >> 1) ^ -Int64(bitPattern: time & 1)
    swap(&previous, &pairs)
    pairs.removeAll(keepingCapacity: true)
    for index in 0..<Int(count) {
      let pair = try reader.varint()
      if pair == 0, index < previous.count {
        pairs.append(previous[index])
      } else if pair > 0, pair <= UInt64(UInt32.max) {
        pairs.append(UInt32(truncatingIfNeeded: pair - 1))
      } else {
        throw ImageError("image: a series without samples has a label that cannot be")
      }
    }
    rows = reader.rest
  }
}

/// Reads numbers out of a payload; never past its end.
private struct VarintReader {
  private(set) var rest: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

  mutating func byte() throws(ImageError) -> UInt8 {
    guard let first = rest.first else { throw ImageError("image: a series without samples is cut off") }
    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
    return first
  }

  mutating func word() throws(ImageError) -> UInt32 {
    guard let base = rest.baseAddress, rest.count >= 4 else {
      throw ImageError("image: a series without samples is cut off")
    }
    defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(4)) }
    return base.number(0, as: UInt32.self)
  }

  mutating func varint() throws(ImageError) -> UInt64 {
    var number: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      let next = try byte()
      number |= UInt64(next & 0x7f) << UInt64(shift)
      if next < 0x80 { return number }
    }
    throw ImageError("image: a number has no end")
  }
}

extension ImagePayload {
  mutating func put(varint number: UInt64) {
    var number = number
    while number >= 0x80 {
      put(UInt8(truncatingIfNeeded: number) | 0x80)
      number >>= 7
    }
    put(UInt8(truncatingIfNeeded: number))
  }
}

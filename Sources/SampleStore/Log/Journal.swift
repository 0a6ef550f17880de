import FleetModel
import Platform

/// The records of what the head has taken and the log has not yet: encoded under the head's lock, in the order in which the
/// head took them, ready to be written as they are.
///
/// A record is framed already (see ``FrameFile``): the log only writes bytes. What is in a record: ``LogRecord``.
struct Journal: ~Copyable {
  /// A head without a log keeps none.
  let isEnabled: Bool

  private var pending = JournalBytes()
  /// Where the open record's frame begins; `nil` between records.
  private var openFrame: Int?
  private var openCount: UInt32 = 0
  private var lastSeries: Int64 = -1

  init(isEnabled: Bool) { self.isEnabled = isEnabled }

  /// Encoded bytes that wait.
  var byteCount: Int { pending.count }

  /// A series was made under this number.
  mutating func series(_ number: UInt32, encodedLabels: UnsafeRawBufferPointer) {
    guard isEnabled else { return }
    let frame = beginFrame(.series, atMost: 5 + encodedLabels.count)
    pending.append(number)
    pending.append(encodedLabels)
    endFrame(frame)
  }

  /// Begins a record of samples under one time, each the newest of its series.
  mutating func beginSamples(at time: Int64) { begin(.samples, at: time) }

  /// Samples that came late: not newer than the last of their series. One time, as above.
  mutating func beginLateSamples(at time: Int64) { begin(.lateSamples, at: time) }

  /// Adds to the record that was begun.
  @inline(__always)
  mutating func sample(_ number: UInt32, _ value: Double) {
    guard isEnabled else { return }
    let encoded = LogRecord.encode(value)
    let step = Int64(number) - lastSeries
    lastSeries = Int64(number)
    openCount &+= 1
    // The value is written as eight bytes, whatever counts of them.
    let start = pending.room(LogRecord.maximumSampleBytes)
    if step > 0 && step < 4 {
      start.storeBytes(of: encoded.formAndLength | UInt8(truncatingIfNeeded: step << 6), as: UInt8.self)
      start.storeBytes(of: encoded.bytes.littleEndian, toByteOffset: 1, as: UInt64.self)
      pending.count += 1 + encoded.byteCount
    } else {
      pending.count += Self.writeFar(encoded, step: step, start)
    }
  }

  @inline(never)
  private static func writeFar(_ value: LogRecord.Value, step: Int64, _ start: UnsafeMutableRawPointer) -> Int {
    start.storeBytes(of: value.formAndLength, as: UInt8.self)
    var rest = UInt64(bitPattern: step << 1 ^ step >> 63)
    var count = 1
    while rest >= 0x80 {
      start.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: count, as: UInt8.self)
      rest >>= 7
      count += 1
    }
    start.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: count, as: UInt8.self)
    start.storeBytes(of: value.bytes.littleEndian, toByteOffset: count + 1, as: UInt64.self)
    return count + 1 + value.byteCount
  }

  /// Ends the record; one without samples leaves no trace.
  mutating func endSamples() {
    guard isEnabled else { return }
    guard let frame = openFrame else { preconditionFailure("BUG: no record of samples was begun") }
    openFrame = nil
    guard openCount > 0 else {
      pending.count = frame
      return
    }
    pending.overwrite(at: frame + FrameFile.frameOverhead + 9, with: openCount)
    endFrame(frame)
  }

  /// Histograms under one time, each with its number and a ``HistogramColumn`` of its own; late ones are not newer than the last
  /// sample of their series.
  mutating func histograms(_ samples: [(number: UInt32, bytes: [UInt8])], at time: Int64, areLate: Bool) {
    guard isEnabled else { return }
    let size = samples.reduce(LogRecord.samplesHeaderBytes) { $0 + 8 + $1.bytes.count }
    let frame = beginFrame(areLate ? .lateHistograms : .histograms, atMost: size)
    pending.append(time)
    pending.append(UInt32(truncatingIfNeeded: samples.count))
    for sample in samples {
      pending.append(sample.number)
      pending.append(UInt32(truncatingIfNeeded: sample.bytes.count))
      sample.bytes.withUnsafeBytes { pending.append($0) }
    }
    endFrame(frame)
  }

  /// Series of these numbers lost their samples in `from ... through`.
  mutating func deletion(of numbers: [UInt32], from: Int64, through: Int64) {
    guard isEnabled else { return }
    let frame = beginFrame(.deletion, atMost: LogRecord.deletionHeaderBytes + 4 * numbers.count)
    pending.append(from)
    pending.append(through)
    pending.append(UInt32(numbers.count))
    for number in numbers { pending.append(number) }
    endFrame(frame)
  }

  /// Hands over what waits, in exchange for an empty buffer to go on with (its capacity is used again).
  mutating func exchange(_ buffer: inout JournalBytes) {
    precondition(openFrame == nil, "BUG: the journal is taken while a record is open")
    buffer.removeAll()
    swap(&pending, &buffer)
  }

  private mutating func begin(_ kind: LogRecord.Kind, at time: Int64) {
    guard isEnabled else { return }
    openFrame = beginFrame(kind, atMost: LogRecord.samplesHeaderBytes)
    openCount = 0
    lastSeries = -1
    pending.append(time)
    pending.append(UInt32(0))
  }

  private mutating func beginFrame(_ kind: LogRecord.Kind, atMost payload: Int) -> Int {
    precondition(openFrame == nil, "BUG: a record is begun within another")
    let frame = pending.count
    _ = pending.room(FrameFile.frameOverhead + payload)
    pending.append(UInt64(0))
    pending.append(kind.rawValue)
    return frame
  }

  private mutating func endFrame(_ frame: Int) {
    let start = frame + FrameFile.frameOverhead
    let payload = UnsafeRawBufferPointer(rebasing: pending.bytes[start...])
    precondition(payload.count <= UInt32.max, "BUG: a record of \(payload.count) bytes")
    pending.overwrite(at: frame, with: UInt32(payload.count))
    pending.overwrite(at: frame + 4, with: CRC32C.checksum(payload))
  }
}

/// Framed records. Sendable because it alone owns its memory.
struct JournalBytes: ~Copyable, @unchecked Sendable {
  /// What ``removeAll()`` does not keep: a backlog was written.
  private static let largestKept = 4 << 20

  private var storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  fileprivate(set) var count = 0

  init() {}

  deinit { storage.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

  mutating func removeAll() {
    count = 0
    guard storage.count > Self.largestKept else { return }
    storage.deallocate()
    storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  }

  /// Where the next bytes go: at least `capacity` of them.
  @inline(__always)
  fileprivate mutating func room(_ capacity: Int) -> UnsafeMutableRawPointer {
    if storage.count - count < capacity { grow(capacity) }
    guard let start = storage.baseAddress else { preconditionFailure("BUG: a journal without memory") }
    return start + count
  }

  @inline(never)
  private mutating func grow(_ capacity: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(count + capacity, 2 * storage.count, 4096), alignment: 16)
    larger.copyMemory(from: bytes)
    storage.deallocate()
    storage = larger
  }

  fileprivate mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    room(MemoryLayout<Number>.size).storeBytes(of: number.littleEndian, as: Number.self)
    count += MemoryLayout<Number>.size
  }

  fileprivate mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    room(bytes.count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  fileprivate func overwrite(at offset: Int, with number: UInt32) {
    precondition(offset + 4 <= count, "BUG: a number is put behind the journal's end")
    storage.storeBytes(of: number.littleEndian, toByteOffset: offset, as: UInt32.self)
  }
}

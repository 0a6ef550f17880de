import FleetModel

/// Takes the payloads of a log's frames apart and tells a consumer. Any bytes are safe.
struct LogRecordReader: ~Copyable {
  /// Samples that the last payload held.
  private(set) var sampleCount = 0
  private var samples = UnsafeMutableBufferPointer<Sample>(start: nil, count: 0)

  init() {}

  deinit { samples.deallocate() }

  /// The number in a segment's first record; `nil` if it is none.
  static func segment(_ payload: UnsafeRawBufferPointer) -> UInt64? {
    guard payload.count == 9, payload[0] == LogRecord.Kind.segment.rawValue else { return nil }
    return number(payload, 1)
  }

  /// - Returns: why the payload is no record, in which case the consumer has heard nothing of it; `nil` if all is well.
  mutating func read(
    _ payload: UnsafeRawBufferPointer, into consumer: inout some LogConsumer & ~Copyable
  ) -> String? {
    sampleCount = 0
    guard let first = payload.first, let kind = LogRecord.Kind(rawValue: first) else {
      return "the record is of no known kind (\(payload.first ?? 0))"
    }
    switch kind {
    case .segment:
      return "the record that begins a segment stands within one"
    case .series:
      guard payload.count >= 5 else { return "the record of a series is too short" }
      let labels = UnsafeRawBufferPointer(rebasing: payload[5...])
      guard Self.areCanonical(labels) else { return "the labels of a series are malformed" }
      consumer.series(Self.number(payload, 1), encodedLabels: labels)
    case .samples, .lateSamples:
      guard payload.count >= LogRecord.samplesHeaderBytes else { return "the record of samples is too short" }
      guard let count = decodeSamples(payload) else { return "the samples of the record do not decode" }
      sampleCount = count
      let time: Int64 = Self.number(payload, 1)
      let decoded = UnsafeBufferPointer(rebasing: samples[..<count])
      if kind == .samples {
        consumer.samples(decoded, at: time)
      } else {
        consumer.lateSamples(decoded, at: time)
      }
    case .histograms, .lateHistograms:
      guard let histograms = Self.histograms(payload) else { return "the histograms of the record do not decode" }
      sampleCount = histograms.count
      let time: Int64 = Self.number(payload, 1)
      if kind == .histograms {
        consumer.histograms(histograms, at: time)
      } else {
        consumer.lateHistograms(histograms, at: time)
      }
    case .deletion:
      guard payload.count >= LogRecord.deletionHeaderBytes else { return "the record of a deletion is too short" }
      let count: UInt32 = Self.number(payload, 17)
      guard payload.count - LogRecord.deletionHeaderBytes == 4 * Int(count) else {
        return "the record of a deletion is not as long as its count says"
      }
      let numbers = (0..<Int(count)).map { Self.number(payload, LogRecord.deletionHeaderBytes + 4 * $0) as UInt32 }
      consumer.deletion(of: numbers, from: Self.number(payload, 1), through: Self.number(payload, 9))
    }
    return nil
  }

  // MARK: Samples

  /// - Returns: how many there are; `nil` if the bytes are malformed.
  private mutating func decodeSamples(_ payload: UnsafeRawBufferPointer) -> Int? {
    let count = Int(Self.number(payload, 9) as UInt32)
    // Each takes a byte at least: a wrong count asks for no more memory than the payload justifies.
    guard count > 0, count <= payload.count - LogRecord.samplesHeaderBytes, let start = payload.baseAddress else {
      return nil
    }
    if samples.count < count {
      samples.deallocate()
      samples = .allocate(capacity: max(count, 2 * samples.count, 256))
    }
    guard let target = samples.baseAddress else { return nil }
    var position = LogRecord.samplesHeaderBytes
    var series: Int64 = -1
    for index in 0..<count {
      guard position < payload.count else { return nil }
      let tag = start.load(fromByteOffset: position, as: UInt8.self)
      position += 1
      var step = Int64(tag >> 6)
      if step == 0 {
        guard let far = Self.step(payload, &position) else { return nil }
        step = far
      }
      series += step
      guard series >= 0, series <= UInt32.max else { return nil }
      let formAndLength = tag & 0x3F
      let length = LogRecord.byteCount(formAndLength)
      let bytes: UInt64
      if payload.count - position >= 8 {
        let word = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        // Swift's shift gives 0 for 64, which is what no bytes are.
        bytes = length == 0 ? 0 : word & (UInt64.max >> UInt64(64 - 8 * length))
      } else {
        guard length <= payload.count - position else { return nil }
        bytes = Self.word(payload, position, length)
      }
      position += length
      let value = LogRecord.decode(formAndLength, bytes)
      let number = SeriesRef(rawValue: UInt32(truncatingIfNeeded: series))
      (target + index).initialize(to: Sample(series: number, value: value))
    }
    return position == payload.count ? count : nil
  }

  /// At most five bytes: the steps between two numbers of 32 bits.
  @inline(never)
  private static func step(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Int64? {
    var zigzag: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 35, by: 7) {
      guard position < bytes.count else { return nil }
      let byte = bytes[position]
      position += 1
      zigzag |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return Int64(bitPattern: zigzag >> 1 ^ (0 &- (zigzag & 1))) }
    }
    return nil
  }

  @inline(never)
  private static func word(_ bytes: UnsafeRawBufferPointer, _ position: Int, _ length: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<length { word |= UInt64(bytes[position + index]) << UInt64(8 * index) }
    return word
  }

  private static func histograms(_ payload: UnsafeRawBufferPointer) -> [HistogramSample]? {
    guard payload.count >= LogRecord.samplesHeaderBytes else { return nil }
    let count = Int(number(payload, 9) as UInt32)
    guard count > 0 else { return nil }
    var samples: [HistogramSample] = []
    var values: [NativeHistogram] = []
    var position = LogRecord.samplesHeaderBytes
    for _ in 0..<count {
      guard payload.count - position >= 8 else { return nil }
      let series: UInt32 = number(payload, position)
      let length = Int(number(payload, position + 4) as UInt32)
      position += 8
      guard length <= payload.count - position else { return nil }
      values.removeAll(keepingCapacity: true)
      let bytes = UnsafeRawBufferPointer(rebasing: payload[position..<position + length])
      do throws(ChunkError) { try HistogramColumn.decode(bytes, count: 1, into: &values) } catch { return nil }
      guard values[0].isStorable else { return nil }
      samples.append(HistogramSample(series: SeriesRef(rawValue: series), value: values[0]))
      position += length
    }
    return position == payload.count ? samples : nil
  }

  // MARK: Parts

  /// Names strictly rising, no empty value, nothing left over.
  static func areCanonical(_ labels: UnsafeRawBufferPointer) -> Bool {
    var cursor = LabelCursor(labels)
    var previous: Range<Int>?
    while let label = cursor.next() {
      if label.value.isEmpty { return false }
      if let previous, !labels[previous].lexicographicallyPrecedes(labels[label.name]) { return false }
      previous = label.name
    }
    return !cursor.isMalformed
  }

  private static func number<Number: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Number {
    Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}

import FleetModel

/// Writes protobuf's wire format.
struct WireBytes {
  private(set) var bytes: [UInt8] = []

  var count: Int { bytes.count }

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }
  mutating func truncate(to count: Int) { bytes.removeSubrange(count...) }
  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  @inline(__always)
  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func number(_ tag: UInt8, _ value: Int64) {
    bytes.append(tag)
    varint(UInt64(bitPattern: value))
  }

  mutating func field(_ tag: UInt8, _ content: some Collection<UInt8>) {
    bytes.append(tag)
    varint(UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  /// A field that is a message, whose length shows once it is written. Costs a move of the content by the bytes of its length
  /// beyond one.
  @inline(__always)
  mutating func message(_ tag: UInt8, _ write: (inout WireBytes) -> Void) {
    bytes.append(tag)
    let start = bytes.count
    bytes.append(0)
    write(&self)
    endMessage(at: start)
  }

  /// Sets the length of the message whose length was left out, as one zero, at `start`.
  @inline(__always)
  mutating func endMessage(at start: Int) {
    let length = bytes.count - start - 1
    if length < 0x80 {
      bytes[start] = UInt8(truncatingIfNeeded: length)
      return
    }
    var digits = WireBytes()
    digits.varint(UInt64(length))
    bytes.replaceSubrange(start...start, with: digits.bytes)
  }

  @inline(__always)
  mutating func byte(_ byte: UInt8) { bytes.append(byte) }

  @inline(__always)
  mutating func fixed64(_ tag: UInt8, _ value: UInt64) {
    bytes.append(tag)
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  @inline(__always)
  mutating func fixed32(_ tag: UInt8, _ value: UInt32) {
    bytes.append(tag)
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Without a tag, the most significant byte first.
  @inline(__always)
  mutating func bigEndian(_ value: UInt64) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ more: WireBytes) { bytes.append(contentsOf: more.bytes) }

  /// A `prometheus.Sample`, as field 2 of its series.
  @inline(__always)
  mutating func sample(_ time: Int64, _ value: Double) {
    let time = UInt64(bitPattern: time)
    bytes.append(0x12)
    bytes.append(UInt8(10 + Self.length(of: time)))
    bytes.append(0x09)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(0x10)
    varint(time)
  }

  /// The content of a `prometheus.Histogram` of floating-point counts.
  mutating func histogram(_ time: Int64, _ histogram: NativeHistogram) {
    number(0x11, histogram.count)
    number(0x19, histogram.sum)
    bytes.append(0x20)
    varint(zigzag(Int64(histogram.schema)))
    number(0x29, histogram.zeroThreshold)
    number(0x39, histogram.zeroCount)
    spans(0x42, histogram.negativeSpans)
    numbers(0x52, histogram.negativeBuckets)
    spans(0x5a, histogram.positiveSpans)
    numbers(0x6a, histogram.positiveBuckets)
    switch histogram.resetHint {
    case .unknown: break
    case .reset: number(0x70, Int64(1))
    case .notReset: number(0x70, Int64(2))
    case .gauge: number(0x70, Int64(3))
    }
    number(0x78, time)
    guard !histogram.customValues.isEmpty else { return }
    // Its number takes two bytes: 16 << 3 | 2.
    bytes.append(0x82)
    numbers(0x01, histogram.customValues)
  }

  private mutating func number(_ tag: UInt8, _ value: Double) {
    bytes.append(tag)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private mutating func numbers(_ tag: UInt8, _ values: [Double]) {
    if values.isEmpty { return }
    bytes.append(tag)
    varint(UInt64(values.count * 8))
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
  }

  private mutating func spans(_ tag: UInt8, _ spans: [NativeHistogram.Span]) {
    for span in spans {
      var content = WireBytes()
      content.bytes.append(0x08)
      content.varint(zigzag(Int64(span.offset)))
      content.number(0x10, Int64(span.length))
      field(tag, content.bytes)
    }
  }

  private func zigzag(_ number: Int64) -> UInt64 { UInt64(bitPattern: number << 1 ^ number >> 63) }

  /// Bytes of a varint: at most ten.
  @inline(__always)
  static func length(of value: UInt64) -> Int { (70 - (value | 1).leadingZeroBitCount) / 7 }

  /// Each as field 1 of its series, a `prometheus.Label`.
  mutating func labels(_ labels: LabelSet) {
    for one in labels { label(one.name.utf8, one.value.utf8) }
  }

  /// A `prometheus.Label` as field 1.
  mutating func label(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
    let count =
      2 + Self.length(of: UInt64(name.count)) + name.count + Self.length(of: UInt64(value.count)) + value.count
    bytes.append(0x0a)
    varint(UInt64(count))
    field(0x0a, name)
    field(0x12, value)
  }
}

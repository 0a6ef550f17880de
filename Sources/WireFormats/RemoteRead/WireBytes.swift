import FleetModel

/// Writes protobuf's wire format.
struct WireBytes {
  private(set) var bytes: [UInt8] = []

  var count: Int { bytes.count }

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }
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

  /// Bytes of a varint: at most ten.
  @inline(__always)
  static func length(of value: UInt64) -> Int { (70 - (value | 1).leadingZeroBitCount) / 7 }

  /// Each as field 1 of its series, a `prometheus.Label`.
  mutating func labels(_ labels: LabelSet) {
    for label in labels {
      let (name, value) = (label.name.utf8, label.value.utf8)
      let count =
        2 + Self.length(of: UInt64(name.count)) + name.count + Self.length(of: UInt64(value.count)) + value.count
      bytes.append(0x0a)
      varint(UInt64(count))
      field(0x0a, name)
      field(0x12, value)
    }
  }
}

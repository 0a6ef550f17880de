/// Writes a `prometheus.WriteRequest` as a sender of remote write 1.0 does.
public enum WriteRequestBytes {
  public struct Series: Sendable {
    public var labels: [(String, String)]
    /// Milliseconds and values.
    public var samples: [(Int64, Double)]

    /// Messages of native histograms, each with its time.
    public var histograms: [[UInt8]]

    public init(_ labels: [(String, String)], _ samples: [(Int64, Double)], histograms: [[UInt8]] = []) {
      self.labels = labels
      self.samples = samples
      self.histograms = histograms
    }
  }

  public static func message(_ series: [Series]) -> [UInt8] {
    var message: [UInt8] = []
    for one in series {
      var bytes: [UInt8] = []
      for (name, value) in one.labels { label(name, value, to: &bytes) }
      for (time, value) in one.samples {
        var sample: [UInt8] = [0x09]
        withUnsafeBytes(of: value.bitPattern.littleEndian) { sample += $0 }
        sample.append(0x10)
        varint(UInt64(bitPattern: time), to: &sample)
        field(0x12, sample, to: &bytes)
      }
      for histogram in one.histograms { field(0x22, histogram, to: &bytes) }
      field(0x0a, bytes, to: &message)
    }
    return message
  }

  public static func label(_ name: String, _ value: String, to bytes: inout [UInt8]) {
    var label: [UInt8] = []
    field(0x0a, Array(name.utf8), to: &label)
    field(0x12, Array(value.utf8), to: &label)
    field(0x0a, label, to: &bytes)
  }

  public static func field(_ tag: UInt8, _ content: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(tag)
    varint(UInt64(content.count), to: &bytes)
    bytes += content
  }

  public static func varint(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

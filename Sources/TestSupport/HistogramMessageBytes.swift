public import FleetModel

/// Writes the `Histogram` of remote write, as clients of both versions do.
public enum HistogramMessageBytes {
  /// With counts that are integers, as differences; the counts of the histogram must be such.
  public static func integers(_ histogram: NativeHistogram, at time: Int64) -> [UInt8] {
    var bytes: [UInt8] = []
    number(0x08, UInt64(histogram.count), to: &bytes)
    double(0x19, histogram.sum, to: &bytes)
    number(0x20, zigzag(Int64(histogram.schema)), to: &bytes)
    double(0x29, histogram.zeroThreshold, to: &bytes)
    number(0x30, UInt64(histogram.zeroCount), to: &bytes)
    spans(0x42, histogram.negativeSpans, to: &bytes)
    deltas(0x4a, histogram.negativeBuckets, to: &bytes)
    spans(0x5a, histogram.positiveSpans, to: &bytes)
    deltas(0x62, histogram.positiveBuckets, to: &bytes)
    end(histogram, at: time, to: &bytes)
    return bytes
  }

  /// With counts that are floating-point numbers.
  public static func floats(_ histogram: NativeHistogram, at time: Int64) -> [UInt8] {
    var bytes: [UInt8] = []
    double(0x11, histogram.count, to: &bytes)
    double(0x19, histogram.sum, to: &bytes)
    number(0x20, zigzag(Int64(histogram.schema)), to: &bytes)
    double(0x29, histogram.zeroThreshold, to: &bytes)
    double(0x39, histogram.zeroCount, to: &bytes)
    spans(0x42, histogram.negativeSpans, to: &bytes)
    WriteRequestBytes.field(0x52, doubles(histogram.negativeBuckets), to: &bytes)
    spans(0x5a, histogram.positiveSpans, to: &bytes)
    WriteRequestBytes.field(0x6a, doubles(histogram.positiveBuckets), to: &bytes)
    end(histogram, at: time, to: &bytes)
    return bytes
  }

  private static func end(_ histogram: NativeHistogram, at time: Int64, to bytes: inout [UInt8]) {
    let hint: UInt64 =
      switch histogram.resetHint {
      case .unknown: 0
      case .reset: 1
      case .notReset: 2
      case .gauge: 3
      }
    if hint > 0 { number(0x70, hint, to: &bytes) }
    number(0x78, UInt64(bitPattern: time), to: &bytes)
    guard !histogram.customValues.isEmpty else { return }
    bytes.append(0x82)
    WriteRequestBytes.field(0x01, doubles(histogram.customValues), to: &bytes)
  }

  private static func zigzag(_ number: Int64) -> UInt64 { UInt64(bitPattern: number << 1 ^ number >> 63) }

  private static func number(_ tag: UInt8, _ value: UInt64, to bytes: inout [UInt8]) {
    bytes.append(tag)
    WriteRequestBytes.varint(value, to: &bytes)
  }

  private static func double(_ tag: UInt8, _ value: Double, to bytes: inout [UInt8]) {
    bytes.append(tag)
    bytes += doubles([value])
  }

  private static func doubles(_ values: [Double]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
  }

  private static func spans(_ tag: UInt8, _ spans: [NativeHistogram.Span], to bytes: inout [UInt8]) {
    for span in spans {
      var content: [UInt8] = []
      number(0x08, zigzag(Int64(span.offset)), to: &content)
      number(0x10, UInt64(span.length), to: &content)
      WriteRequestBytes.field(tag, content, to: &bytes)
    }
  }

  private static func deltas(_ tag: UInt8, _ counts: [Double], to bytes: inout [UInt8]) {
    var content: [UInt8] = []
    var last: Int64 = 0
    for count in counts {
      WriteRequestBytes.varint(zigzag(Int64(count) - last), to: &content)
      last = Int64(count)
    }
    if !content.isEmpty { WriteRequestBytes.field(tag, content, to: &bytes) }
  }
}

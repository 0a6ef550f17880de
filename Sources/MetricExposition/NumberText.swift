/// Appends numbers as both text formats write them.
enum NumberText {
  static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    if value < 10 {
      bytes.append(UInt8(ascii: "0") + UInt8(value))
      return
    }
    let start = bytes.count
    var rest = value
    while rest > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    }
    bytes[start...].reverse()
  }

  /// Whole numbers without a fraction, others in the shortest form that reads back to the same value.
  static func append(_ value: Double, to bytes: inout [UInt8]) {
    if value.isNaN {
      bytes += "NaN".utf8
    } else if value.isInfinite {
      bytes += (value < 0 ? "-Inf" : "+Inf").utf8
    } else if value.magnitude < 1e15, value == value.rounded(.towardZero) {
      if value < 0 { bytes.append(UInt8(ascii: "-")) }
      append(UInt64(value.magnitude), to: &bytes)
    } else {
      bytes += value.description.utf8
    }
  }

  /// The value of the label `le`: a float with a fraction, as OpenMetrics wants it, in both formats, so that a series
  /// keeps its identity whichever is collected.
  static func bound(_ value: Double) -> String { value == .infinity ? "+Inf" : value.description }
}

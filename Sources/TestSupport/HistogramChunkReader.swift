import FleetModel

/// Reads Prometheus' chunk of native histograms of floating-point counts as a client does: plainly, and trusting the bytes.
enum HistogramChunkReader {
  static func read(_ chunk: [UInt8]) -> HistogramColumns {
    let flags: [UInt8: NativeHistogram.ResetHint] = [0: .unknown, 1: .notReset, 2: .reset, 3: .gauge]
    let header = flags[chunk[2] >> 6] ?? .unknown
    var bits = ChunkBitReader(bytes: Array(chunk[3...]))
    var histogram = layout(&bits)
    var columns = HistogramColumns()
    var (time, step) = (Int64(0), Int64(0))
    var values: [Number] = []
    let (positive, negative) = (length(histogram.positiveSpans), length(histogram.negativeSpans))
    for index in 0..<Int(chunk[0]) << 8 | Int(chunk[1]) {
      if index == 0 {
        time = bits.varbit()
        values = (0..<3 + positive + negative).map { _ in Number(bits: bits.read(64)) }
      } else {
        step = step &+ bits.varbit()
        time = time &+ step
        for place in 0..<3 { values[place].read(&bits) }
        if !StaleMarker.isStale(values[2].value) { for place in 3..<values.count { values[place].read(&bits) } }
      }
      histogram.resetHint = index == 0 || header == .gauge ? header : .notReset
      histogram.count = values[0].value
      histogram.zeroCount = values[1].value
      histogram.sum = values[2].value
      histogram.positiveBuckets = values[3..<3 + positive].map(\.value)
      histogram.negativeBuckets = values[(3 + positive)...].map(\.value)
      if StaleMarker.isStale(histogram.sum) {
        var marker = NativeHistogram()
        marker.sum = histogram.sum
        columns.append(marker, at: time)
      } else {
        columns.append(histogram, at: time)
      }
    }
    return columns
  }

  private struct Number {
    var bits: UInt64
    var (leading, trailing) = (0, 0)

    init(bits: UInt64) { self.bits = bits }

    var value: Double { Double(bitPattern: bits) }

    mutating func read(_ reader: inout ChunkBitReader) {
      if reader.read(1) == 0 { return }
      if reader.read(1) == 1 {
        leading = Int(reader.read(5))
        let width = Int(reader.read(6))
        trailing = 64 - leading - (width == 0 ? 64 : width)
      }
      bits ^= reader.read(64 - leading - trailing) << UInt64(trailing)
    }
  }

  private static func length(_ spans: [NativeHistogram.Span]) -> Int { spans.reduce(0) { $0 + Int($1.length) } }

  private static func layout(_ bits: inout ChunkBitReader) -> NativeHistogram {
    var histogram = NativeHistogram()
    let byte = Int(bits.read(8))
    switch byte {
    case 0: histogram.zeroThreshold = 0
    case 255: histogram.zeroThreshold = Double(bitPattern: bits.read(64))
    default: histogram.zeroThreshold = Double(sign: .plus, exponent: byte - 244, significand: 1)
    }
    histogram.schema = Int8(bits.varbit())
    histogram.positiveSpans = spans(&bits)
    histogram.negativeSpans = spans(&bits)
    guard histogram.hasCustomBuckets else { return histogram }
    let bounds = bits.unsignedVarbit()
    histogram.customValues = (0..<bounds).map { _ in
      let number = bits.unsignedVarbit()
      return number == 0 ? Double(bitPattern: bits.read(64)) : Double(number - 1) / 1000
    }
    return histogram
  }

  private static func spans(_ bits: inout ChunkBitReader) -> [NativeHistogram.Span] {
    let count = bits.unsignedVarbit()
    return (0..<count).map { _ in
      let length = UInt32(bits.unsignedVarbit())
      return NativeHistogram.Span(offset: Int32(bits.varbit()), length: length)
    }
  }
}

/// The bits of a chunk, the highest of each byte first.
struct ChunkBitReader {
  var bytes: [UInt8]
  var place = 0

  mutating func read(_ width: Int) -> UInt64 {
    var value: UInt64 = 0
    for _ in 0..<width {
      value = value << 1 | UInt64(bytes[place >> 3] >> UInt8(7 - place & 7) & 1)
      place += 1
    }
    return value
  }

  mutating func varint() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = read(8)
      value |= (byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  mutating func change() -> Int64 {
    var ones = 0
    while ones < 4, read(1) == 1 { ones += 1 }
    switch ones {
    case 0: return 0
    case 4: return Int64(bitPattern: read(64))
    default:
      let width = [14, 17, 20][ones - 1]
      let value = Int64(read(width))
      return value > 1 << Int64(width - 1) ? value - 1 << Int64(width) : value
    }
  }
}

extension ChunkBitReader {
  private mutating func varbitWidth() -> Int {
    var ones = 0
    while ones < 8, read(1) == 1 { ones += 1 }
    return [0, 3, 6, 9, 12, 18, 25, 56, 64][ones]
  }

  mutating func unsignedVarbit() -> UInt64 { read(varbitWidth()) }

  mutating func varbit() -> Int64 {
    let width = varbitWidth()
    let value = Int64(bitPattern: read(width))
    return width > 0 && width < 64 && value > 1 << Int64(width - 1) ? value - 1 << Int64(width) : value
  }
}

/// Reads the answers of remote read, and what else is protobuf, as a client does: plainly, and trusting the bytes.
public enum ReadAnswers {
  public struct Series: Sendable, Equatable {
    public var labels: [String: String] = [:]
    public var times: [Int64] = []
    /// As bits.
    public var values: [UInt64] = []

    public init(labels: [String: String] = [:], times: [Int64] = [], values: [UInt64] = []) {
      self.labels = labels
      self.times = times
      self.values = values
    }
  }

  public enum Content: Sendable, Equatable {
    case number(UInt64)
    case bytes([UInt8])
  }

  /// The fields of a message in their order.
  public static func fields(_ message: [UInt8]) -> [(number: Int, content: Content)] {
    var fields: [(number: Int, content: Content)] = []
    var place = 0
    while place < message.count {
      let tag = varint(message, &place)
      switch tag & 7 {
      case 0: fields.append((Int(tag >> 3), .number(varint(message, &place))))
      case 1:
        fields.append((Int(tag >> 3), .number(fixed(message[place..<place + 8]))))
        place += 8
      default:
        let count = Int(varint(message, &place))
        fields.append((Int(tag >> 3), .bytes(Array(message[place..<place + count]))))
        place += count
      }
    }
    return fields
  }

  /// The queries of a `prometheus.ReadResponse`, each with its series.
  public static func samples(_ message: [UInt8]) -> [[Series]] {
    nested(message, 1).map { result in
      nested(result, 1).map { bytes in
        var series = Series(labels: labels(bytes))
        for sample in nested(bytes, 2) {
          series.times.append(Int64(bitPattern: number(sample, 2)))
          series.values.append(number(sample, 1))
        }
        return series
      }
    }
  }

  /// A `prometheus.ChunkedReadResponse`: its query and series, with how many chunks each has.
  public static func chunks(_ message: [UInt8]) -> (query: Int, series: [(Series, chunks: Int)]) {
    let series = nested(message, 1).map { bytes in
      var series = Series(labels: labels(bytes))
      for chunk in nested(bytes, 2) {
        let samples = nested(chunk, 4).flatMap { xorSamples($0) }
        precondition(number(chunk, 3) == 1, "an XOR chunk")
        precondition(samples.first?.0 == Int64(bitPattern: number(chunk, 1)), "the first time")
        precondition(samples.last?.0 == Int64(bitPattern: number(chunk, 2)), "the last time")
        series.times += samples.map(\.0)
        series.values += samples.map(\.1)
      }
      return (series, chunks: nested(bytes, 2).count)
    }
    return (Int(number(message, 2)), series)
  }

  private static func labels(_ series: [UInt8]) -> [String: String] {
    let pairs = nested(series, 1).map { label in
      let texts = [1, 2].map { String(decoding: nested(label, $0).first ?? [], as: UTF8.self) }
      return (texts[0], texts[1])
    }
    return Dictionary(pairs) { $1 }
  }

  private static func nested(_ message: [UInt8], _ number: Int) -> [[UInt8]] {
    fields(message).compactMap { field in
      if field.number == number, case .bytes(let bytes) = field.content { bytes } else { nil }
    }
  }

  private static func number(_ message: [UInt8], _ number: Int) -> UInt64 {
    for field in fields(message) where field.number == number {
      if case .number(let value) = field.content { return value }
    }
    return 0
  }

  private static func varint(_ bytes: [UInt8], _ place: inout Int) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      value |= UInt64(bytes[place] & 0x7f) << shift
      place += 1
      if bytes[place - 1] < 0x80 { return value }
      shift += 7
    }
  }

  private static func fixed(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The samples of Prometheus' XOR chunk: times, and values as bits.
  private static func xorSamples(_ chunk: [UInt8]) -> [(Int64, UInt64)] {
    var bits = Bits(bytes: Array(chunk[2...]))
    var samples: [(Int64, UInt64)] = []
    var (time, step, value) = (Int64(0), Int64(0), UInt64(0))
    var (leading, trailing) = (0, 0)
    for index in 0..<Int(chunk[0]) << 8 | Int(chunk[1]) {
      if index == 0 {
        let zigzag = bits.varint()
        time = Int64(bitPattern: zigzag >> 1) ^ -Int64(zigzag & 1)
        value = bits.read(64)
      } else {
        step = index == 1 ? Int64(bitPattern: bits.varint()) : step &+ bits.change()
        time = time &+ step
        if bits.read(1) == 1 {
          if bits.read(1) == 1 {
            leading = Int(bits.read(5))
            let width = Int(bits.read(6))
            trailing = 64 - leading - (width == 0 ? 64 : width)
          }
          value ^= bits.read(64 - leading - trailing) << UInt64(trailing)
        }
      }
      samples.append((time, value))
    }
    return samples
  }

  private struct Bits {
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
}

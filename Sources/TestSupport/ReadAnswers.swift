public import FleetModel
import Platform

/// Reads the answers of remote read, and what else is protobuf, as a client does: plainly, and trusting the bytes.
public enum ReadAnswers {
  public struct Series: Sendable, Equatable {
    public var labels: [String: String] = [:]
    public var times: [Int64] = []
    /// As bits.
    public var values: [UInt64] = []
    public var histograms = HistogramColumns()

    public init(
      labels: [String: String] = [:], times: [Int64] = [], values: [UInt64] = [],
      histograms: HistogramColumns = HistogramColumns()
    ) {
      self.labels = labels
      self.times = times
      self.values = values
      self.histograms = histograms
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
        let bytes = nested(chunk, 4).first ?? []
        var times: [Int64]
        switch number(chunk, 3) {
        case 1:
          let samples = xorSamples(bytes)
          times = samples.map(\.0)
          series.times += times
          series.values += samples.map(\.1)
        case 3:
          let histograms = HistogramChunkReader.read(bytes)
          times = histograms.timestamps
          for (time, value) in zip(times, histograms.values) { series.histograms.append(value, at: time) }
        default: preconditionFailure("a chunk of encoding \(number(chunk, 3))")
        }
        precondition(times.first == Int64(bitPattern: number(chunk, 1)), "the first time")
        precondition(times.last == Int64(bitPattern: number(chunk, 2)), "the last time")
      }
      return (series, chunks: nested(bytes, 2).count)
    }
    return (Int(number(message, 2)), series)
  }

  /// The messages of a stream of chunks, each behind its length and its CRC-32C.
  public static func frames(_ stream: [UInt8]) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    var place = 0
    while place < stream.count {
      let length = Int(varint(stream, &place))
      let sum = stream[place..<place + 4].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      let message = Array(stream[place + 4..<place + 4 + length])
      precondition(message.withUnsafeBytes { CRC32C.checksum($0) } == sum, "the checksum of a message")
      messages.append(message)
      place += 4 + length
    }
    return messages
  }

  /// The series of the messages of one query; what comes of one series in several messages is joined.
  public static func streamed(_ messages: [[UInt8]], query: Int = 0) -> [Series] {
    var all: [Series] = []
    for message in messages {
      let (number, parts) = chunks(message)
      precondition(number == query, "the number of the query")
      for (part, _) in parts {
        guard let last = all.last, last.labels == part.labels else {
          all.append(part)
          continue
        }
        all[all.count - 1].times += part.times
        all[all.count - 1].values += part.values
        for (time, value) in zip(part.histograms.timestamps, part.histograms.values) {
          all[all.count - 1].histograms.append(value, at: time)
        }
      }
    }
    return all
  }

  /// The bytes of the chunks in a message, whatever their encoding.
  public static func chunkBytes(_ message: [UInt8]) -> [[UInt8]] {
    nested(message, 1).flatMap { nested($0, 2) }.flatMap { nested($0, 4) }
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
    var bits = ChunkBitReader(bytes: Array(chunk[2...]))
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
}

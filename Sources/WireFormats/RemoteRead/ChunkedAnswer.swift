public import FleetModel

/// Makes the messages of a streamed answer of remote read, `prometheus.ChunkedReadResponse`: each holds chunks of one series.
/// How messages follow one another in the stream is the sender's matter.
public struct ChunkedAnswer: Sendable {
  private let query: Int
  private let maximumBytes: Int

  /// - Parameters:
  ///   - query: the position of the query in its request.
  ///   - maximumBytes: a message ends with the chunk that makes it larger.
  public init(query: Int, maximumBytes: Int = 1 << 20) {
    self.query = query
    self.maximumBytes = maximumBytes
  }

  /// The messages with those samples and native histograms of a series that lie in `range`, its chunks in the order of their
  /// times; none if nothing does.
  public func messages(
    for labels: LabelSet, _ samples: SampleColumns, _ histograms: HistogramColumns = HistogramColumns(),
    in range: ClosedRange<Timestamp>
  ) -> [[UInt8]] {
    var numbers = samples.timestamps.places(in: range)
    var shapes = histograms.timestamps.places(in: range)
    var messages: [[UInt8]] = []
    var series = WireBytes()
    while !numbers.isEmpty || !shapes.isEmpty {
      if series.count == 0 { series.labels(labels) }
      let nextShape = shapes.first.map { histograms.timestamps[$0] } ?? .max
      let nextNumber = numbers.first.map { samples.timestamps[$0] } ?? .max
      if shapes.isEmpty || (!numbers.isEmpty && nextNumber <= nextShape) {
        let limit = shapes.isEmpty ? numbers.upperBound : samples.timestamps.firstPlace(in: numbers) { $0 > nextShape }
        let chunk = numbers.lowerBound..<min(numbers.lowerBound + XORChunk.samples, limit)
        series.field(0x12, Self.chunk(samples, chunk))
        numbers = chunk.upperBound..<numbers.upperBound
      } else {
        let limit =
          numbers.isEmpty ? shapes.upperBound : histograms.timestamps.firstPlace(in: shapes) { $0 >= nextNumber }
        let chunk =
          shapes.lowerBound..<FloatHistogramChunk.end(of: histograms.values, from: shapes.lowerBound, through: limit)
        series.field(0x12, Self.chunk(histograms, chunk))
        shapes = chunk.upperBound..<shapes.upperBound
      }
      if series.count >= maximumBytes || (numbers.isEmpty && shapes.isEmpty) {
        var message = WireBytes()
        message.field(0x0a, series.bytes)
        if query > 0 { message.number(0x10, Int64(query)) }
        messages.append(message.bytes)
        series.removeAll()
      }
    }
    return messages
  }

  private static func chunk(_ samples: SampleColumns, _ places: Range<Int>) -> [UInt8] {
    message(
      samples.timestamps[places], XORChunk.encoding, XORChunk(samples.timestamps[places], samples.values[places]).bytes)
  }

  private static func chunk(_ histograms: HistogramColumns, _ places: Range<Int>) -> [UInt8] {
    let hint = FloatHistogramChunk.hint(of: histograms.values, at: places.lowerBound)
    return message(
      histograms.timestamps[places], FloatHistogramChunk.encoding,
      FloatHistogramChunk(histograms, places, hint: hint).bytes)
  }

  /// A `prometheus.Chunk`.
  private static func message(_ times: ArraySlice<Int64>, _ encoding: Int64, _ bytes: [UInt8]) -> [UInt8] {
    var chunk = WireBytes()
    chunk.number(0x08, times.first ?? 0)
    chunk.number(0x10, times.last ?? 0)
    chunk.number(0x18, encoding)
    chunk.field(0x22, bytes)
    return chunk.bytes
  }
}

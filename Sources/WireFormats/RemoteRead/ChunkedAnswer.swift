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

  /// The messages with those samples of a series that lie in `range`; none if no sample does.
  public func messages(
    for labels: LabelSet, _ samples: SampleColumns, in range: ClosedRange<Timestamp>
  ) -> [[UInt8]] {
    let places = samples.places(in: range)
    var messages: [[UInt8]] = []
    var series = WireBytes()
    var start = places.lowerBound
    while start < places.upperBound {
      if series.count == 0 { series.labels(labels) }
      let end = min(start + XORChunk.samples, places.upperBound)
      series.field(0x12, Self.chunk(samples, start..<end))
      start = end
      if series.count >= maximumBytes || start == places.upperBound {
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
    var chunk = WireBytes()
    chunk.number(0x08, samples.timestamps[places.lowerBound])
    chunk.number(0x10, samples.timestamps[places.upperBound - 1])
    // XOR.
    chunk.number(0x18, 1)
    chunk.field(0x22, XORChunk(samples.timestamps[places], samples.values[places]).bytes)
    return chunk.bytes
  }
}

public import FleetModel

/// Makes a `prometheus.ReadResponse`, the answer of remote read with samples as they are, in one piece.
public struct SamplesAnswer: Sendable {
  private var answer = WireBytes()
  private var result = WireBytes()
  private var series = WireBytes()

  public init() {}

  /// Bytes so far.
  public var count: Int { answer.count + result.count }

  /// One series of the query that is being answered, and those of its samples that lie in `range`; none if no sample does.
  public mutating func add(
    _ labels: LabelSet, _ samples: SampleColumns, _ histograms: HistogramColumns = HistogramColumns(),
    in range: ClosedRange<Timestamp>
  ) {
    let numbers = samples.timestamps.places(in: range)
    let shapes = histograms.timestamps.places(in: range)
    guard !numbers.isEmpty || !shapes.isEmpty else { return }
    series.removeAll()
    series.reserve(numbers.count * 18 + labels.encoded.count * 2)
    series.labels(labels)
    samples.timestamps.withUnsafeBufferPointer { times in
      samples.values.withUnsafeBufferPointer { values in
        for place in numbers { series.sample(times[place], values[place]) }
      }
    }
    for place in shapes {
      var histogram = WireBytes()
      histogram.histogram(histograms.timestamps[place], histograms.values[place])
      series.field(0x22, histogram.bytes)
    }
    result.field(0x0a, series.bytes)
  }

  /// Ends the answer to one query; the next series belong to the next one.
  public mutating func endQuery() {
    answer.field(0x0a, result.bytes)
    result.removeAll()
  }

  /// The whole message.
  public var message: [UInt8] { answer.bytes }
}

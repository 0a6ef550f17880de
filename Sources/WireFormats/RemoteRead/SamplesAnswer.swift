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
    let places = samples.places(in: range)
    let isInRange = histograms.timestamps.map {
      $0 >= range.lowerBound.milliseconds && $0 <= range.upperBound.milliseconds
    }
    guard !places.isEmpty || isInRange.contains(true) else { return }
    series.removeAll()
    series.reserve(places.count * 18 + labels.encoded.count * 2)
    series.labels(labels)
    samples.timestamps.withUnsafeBufferPointer { times in
      samples.values.withUnsafeBufferPointer { values in
        for place in places { series.sample(times[place], values[place]) }
      }
    }
    for (place, time) in histograms.timestamps.enumerated() where isInRange[place] {
      var histogram = WireBytes()
      histogram.histogram(time, histograms.values[place])
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

extension SampleColumns {
  /// Which samples lie in `range`. O(log n).
  func places(in range: ClosedRange<Timestamp>) -> Range<Int> {
    func firstPlace(where isBehind: (Int64) -> Bool) -> Int {
      var (low, high) = (0, timestamps.count)
      while low < high {
        let middle = low + (high - low) / 2
        if isBehind(timestamps[middle]) { high = middle } else { low = middle + 1 }
      }
      return low
    }
    let start = firstPlace { $0 >= range.lowerBound.milliseconds }
    return start..<max(start, firstPlace { $0 > range.upperBound.milliseconds })
  }
}

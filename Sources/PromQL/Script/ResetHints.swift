import FleetModel

/// The counter reset hints that Prometheus' storage gives to the histograms of a series: scripts count on them.
///
/// A histogram that goes on from the one before says that there was no reset. The first one after anything else (a number, a
/// reset, another layout) does not know, even where its producer said so.
enum ResetHints {
  static func stored(_ series: ScriptSeries) -> [NativeHistogram] {
    var previous: (histogram: NativeHistogram, time: Int64)?
    var numbers = series.samples.timestamps[...]
    return zip(series.histograms.timestamps, series.histograms.values).map { time, histogram in
      var hasNumberBetween = false
      while let next = numbers.first, next < time {
        if let previous, next > previous.time { hasNumberBetween = true }
        numbers.removeFirst()
      }
      let before = hasNumberBetween ? nil : previous?.histogram
      previous = (histogram, time)
      return hinted(histogram, after: before)
    }
  }

  private static func hinted(_ histogram: NativeHistogram, after previous: NativeHistogram?) -> NativeHistogram {
    if histogram.resetHint == .gauge { return histogram }
    let wasReset = histogram.resetHint == .reset
    var histogram = histogram
    histogram.resetHint = .unknown
    guard let previous, !wasReset, previous.resetHint != .gauge, !previous.isStale,
      previous.schema == histogram.schema, previous.zeroThreshold == histogram.zeroThreshold,
      previous.customValues == histogram.customValues, !histogram.isReset(after: previous)
    else { return histogram }
    histogram.resetHint = .notReset
    return histogram
  }
}

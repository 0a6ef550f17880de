import FleetModel

extension OpenedSelection {
  /// What a selection of the same series gives: decoded, without samples outside of the range and series without samples;
  /// histograms as their tags.
  func selected(from: Timestamp, through: Timestamp) throws -> [SelectedSeries] {
    guard case .encoded(let all) = self else { return [] }
    var result: [SelectedSeries] = []
    var buffer = SampleBuffer()
    // Backwards: rows may be read in any order.
    for row in all.labels.indices.reversed() {
      try all.decode(row, &buffer)
      var columns = SampleColumns()
      for index in 0..<buffer.count {
        let time = buffer.times[index]
        guard time >= from.milliseconds, time <= through.milliseconds else { continue }
        columns.timestamps.append(time)
        columns.values.append(buffer.values[index])
      }
      var histograms = HistogramColumns()
      try all.decodeHistograms?(row, &histograms)
      var inRange = HistogramColumns()
      for (time, histogram) in zip(histograms.timestamps, histograms.values)
      where time >= from.milliseconds && time <= through.milliseconds {
        inRange.append(histogram, at: time)
      }
      guard columns.count + inRange.count > 0 else { continue }
      result.append(SelectedSeries(labels: all.labels[row], samples: columns, histograms: inRange).tagged)
    }
    return result.reversed()
  }
}

extension SelectedSeries {
  /// The same labels and the same last sample.
  func endsSame(as other: SelectedSeries) -> Bool {
    labels == other.labels && samples.timestamps.last == other.samples.timestamps.last
      && samples.values.last?.bitPattern == other.samples.values.last?.bitPattern
  }

  /// The same labels, times and bits.
  func isSame(as other: SelectedSeries) -> Bool {
    labels == other.labels && samples.timestamps == other.samples.timestamps
      && samples.values.map(\.bitPattern) == other.samples.values.map(\.bitPattern)
  }
}

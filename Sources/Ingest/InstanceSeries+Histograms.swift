import FleetModel
import Synchronization
import WireFormats

/// The way of the native histograms of a body into the store and into the recent samples. No rule on arrival looks at them: it
/// compares numbers.
extension InstanceSeries {
  /// Appends the histograms under `time`, those that came with their own times after them, oldest first.
  mutating func appendHistograms(at time: Timestamp) throws(AppendError) -> Int {
    guard !reader.histograms.isEmpty else { return 0 }
    let (gathered, duplicates) = table.gatherHistograms(reader)
    if duplicates > 0 { context.metrics.refused(.duplicate, duplicates) }
    let bounds = timeBounds(now: time)
    var byTime: [Timestamp: [ParsedHistogram]] = [:]
    var refused = (future: 0, tooOld: 0)
    for histogram in gathered {
      let own = histogram.timestamp == BodyReader.noTimestamp ? time : Timestamp(milliseconds: histogram.timestamp)
      if own > bounds.latest {
        refused.future += 1
      } else if own < bounds.earliest {
        refused.tooOld += 1
      } else {
        byTime[own, default: []].append(histogram)
      }
    }
    if refused.future > 0 { context.metrics.refused(.future, refused.future) }
    if refused.tooOld > 0 { context.metrics.refused(.outOfOrder, refused.tooOld) }
    var taken = 0
    for (time, histograms) in byTime.sorted(by: { $0.key < $1.key }) {
      taken += try append(histograms, at: time)
      context.recent.append(
        histograms.map { ($0.value, table.reference($0.slot), table.types[Int($0.slot)]) }, time: time)
    }
    context.samplesCollected.add(taken, ordering: .relaxed)
    context.metrics.stored(taken)
    return taken
  }

  private mutating func append(_ histograms: [ParsedHistogram], at time: Timestamp) throws(AppendError) -> Int {
    var rest = histograms
    var taken = 0
    // A second time for series that the store has dropped in the meantime.
    for turn in 0..<2 {
      let batch = rest.map { HistogramSample(series: table.reference($0.slot), value: $0.value) }
      let outcome = try context.appender.append(histograms: batch, at: time)
      note(outcome)
      taken += outcome.appended
      let unknown = outcome.unknownSeries.filter(rest.indices.contains).map { rest[$0] }
      if unknown.isEmpty || turn > 0 { break }
      let served = reader.labels(of: Set(unknown.map(\.slot)), in: body)
      rest = []
      for histogram in unknown {
        guard let labels = served[histogram.slot] else { continue }
        let reference = try context.appender.reference(for: LabelSet(target.merged(with: labels)))
        table.setReference(histogram.slot, reference)
        rest.append(histogram)
      }
    }
    return taken
  }
}

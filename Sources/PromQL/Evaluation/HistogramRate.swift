import FleetModel

/// `rate` and its kin on native histograms.
struct HistogramRate {
  let isCounter: Bool
  let remarks: WindowRemarks

  /// Drawn out to the ends of the window as ``ExtrapolatedRate`` does with numbers; a histogram's count is what cannot have been
  /// below zero.
  func extrapolated(
    _ window: MixedWindow, isPerSecond: Bool, _ annotations: inout Annotations
  ) -> MixedOutcome {
    if !window.numberRange.isEmpty {
      annotations.mixedFloatsAndHistograms(remarks.metric, at: remarks.range)
      return .nothing
    }
    let points = window.histograms.values[window.histogramRange]
    guard points.count > 1, let first = points.first,
      let difference = difference(Array(points), &annotations)
    else { return .nothing }
    let firstTime = window.histograms.timestamps[window.histogramRange.lowerBound]
    let lastTime = window.histograms.timestamps[window.histogramRange.upperBound - 1]
    var toStart = Double(firstTime - window.start) / 1000
    var toEnd = Double(window.end - lastTime) / 1000
    let sampled = Double(lastTime - firstTime) / 1000
    let average = sampled / Double(points.count - 1)
    if toStart >= average * 1.1 { toStart = average / 2 }
    if isCounter, difference.count > 0, first.count >= 0 {
      toStart = min(toStart, sampled * (first.count / difference.count))
    }
    if toEnd >= average * 1.1 { toEnd = average / 2 }
    var factor = (sampled + toStart + toEnd) / sampled
    if isPerSecond { factor /= Double(window.end - window.start) / 1000 }
    return .sample(.histogram(difference.multiplied(by: factor)))
  }

  /// The last histogram less the first, counters' resets added.
  ///
  /// - Returns: `nil` where exponential and custom buckets meet.
  func difference(_ points: [NativeHistogram], _ annotations: inout Annotations) -> NativeHistogram? {
    guard var previous = points.first, let last = points.last else { return nil }
    remark(points, &annotations)
    if isCounter, points.count > 1, points[1].isReset(after: previous) {
      // What the counter had before does not matter, nor does its layout.
      var empty = NativeHistogram()
      empty.schema = points[1].schema
      empty.customValues = points[1].customValues
      previous = empty
    }
    let isCustom = previous.hasCustomBuckets
    let isMixed =
      last.hasCustomBuckets != isCustom
      || isCounter && points.dropFirst().contains { $0.hasCustomBuckets != isCustom }
    if isMixed {
      annotations.mixedSchemas(remarks.metric, at: remarks.range)
      return nil
    }
    do {
      var total = HistogramSum(last)
      if try total.add(previous, times: -1).hadDifferentBounds {
        annotations.reconciledBounds(in: .subtraction, at: remarks.range)
      }
      if isCounter {
        for next in points.dropFirst() {
          if next.isReset(after: previous), try total.add(previous).hadDifferentBounds {
            annotations.reconciledBounds(in: .addition, at: remarks.range)
          }
          previous = next
        }
      }
      var result = total.value
      result.resetHint = .gauge
      return result
    } catch {
      annotations.mixedSchemas(remarks.metric, at: remarks.range)
      return nil
    }
  }

  /// Says where the histograms are gauges but should be counters, or the other way round.
  private func remark(_ points: [NativeHistogram], _ annotations: inout Annotations) {
    if isCounter {
      if points.contains(where: { $0.resetHint == .gauge }) {
        annotations.noCounterHistogram(remarks.metric, at: remarks.range)
      }
    } else if points.first?.resetHint != .gauge || points.last?.resetHint != .gauge {
      annotations.noGaugeHistogram(remarks.metric, at: remarks.range)
    }
  }

  /// `irate` and `idelta`: from the last two samples alone.
  func lastDifference(_ window: MixedWindow, _ annotations: inout Annotations) -> MixedOutcome {
    let samples = window.samples.suffix(2)
    guard samples.count == 2, let previous = samples.first, let last = samples.last, last.time != previous.time else {
      return .nothing
    }
    switch (previous.sample, last.sample) {
    case (.number, .number): return .ofNumbers
    case (.histogram(let before), .histogram(let now)):
      remark([before, now], &annotations)
      var result = now
      if !isCounter || !now.isReset(after: before) {
        do {
          let (difference, done) = try now.subtracting(before)
          if done.hadDifferentBounds { annotations.reconciledBounds(in: .subtraction, at: remarks.range) }
          result = difference
        } catch {
          annotations.mixedSchemas(remarks.metric, at: remarks.range)
          return .nothing
        }
      }
      if isCounter { result = result.divided(by: Double(last.time - previous.time) / 1000) }
      result.resetHint = .gauge
      return .sample(.histogram(result.compacted))
    default:
      annotations.mixedFloatsAndHistograms(remarks.metric, at: remarks.range)
      return .nothing
    }
  }
}

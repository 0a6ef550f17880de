import FleetModel

/// A mean of histograms as Prometheus calculates it: sum and division, until the sum would overflow; from there on
/// incrementally.
struct HistogramMean {
  private var total: HistogramSum
  private var count = 1.0
  private var isIncremental = false

  init(_ first: NativeHistogram) { total = HistogramSum(first) }

  mutating func add(_ next: NativeHistogram) throws(HistogramSum.Incompatible) -> HistogramSum.Remarks {
    count += 1
    if !isIncremental {
      var sum = total
      let remarks = try sum.add(next)
      if !sum.hasOverflow {
        total = sum
        return remarks
      }
      isIncremental = true
      total.divide(by: count - 1)
    }
    total.multiply(by: (count - 1) / count)
    return try total.add(next.divided(by: count))
  }

  var value: NativeHistogram {
    if isIncremental { return total.value }
    var mean = total
    mean.divide(by: count)
    return mean.value
  }
}

/// Sum or mean of histograms, one after the other, with what is to be remarked.
struct HistogramGathering {
  private enum State {
    case empty
    case sum(HistogramSum)
    case mean(HistogramMean)
    /// Exponential and custom buckets met.
    case incompatible
  }

  private var state = State.empty
  private let isMean: Bool
  private var sawReset = false
  private var sawNoReset = false
  private(set) var hadDifferentBounds = false

  init(isMean: Bool) { self.isMean = isMean }

  /// Some said that a counter was reset, others that it was not.
  var hadCollidingResets: Bool { sawReset && sawNoReset }

  /// Returns whether `next` could be taken in; what cannot makes all of it worthless.
  mutating func add(_ next: NativeHistogram) -> Bool {
    if next.resetHint == .reset { sawReset = true }
    if next.resetHint == .notReset { sawNoReset = true }
    do {
      switch state {
      case .incompatible: return true
      case .empty: state = isMean ? .mean(HistogramMean(next)) : .sum(HistogramSum(next))
      case .sum(var sum):
        if try sum.add(next).hadDifferentBounds { hadDifferentBounds = true }
        state = .sum(sum)
      case .mean(var mean):
        if try mean.add(next).hadDifferentBounds { hadDifferentBounds = true }
        state = .mean(mean)
      }
      return true
    } catch {
      state = .incompatible
      return false
    }
  }

  var value: NativeHistogram? {
    switch state {
    case .empty, .incompatible: nil
    case .sum(let sum): sum.value
    case .mean(let mean): mean.value
    }
  }
}

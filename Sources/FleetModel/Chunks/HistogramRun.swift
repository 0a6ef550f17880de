/// Histograms that follow one another and may lie in one chunk: of one schema, zero bucket and custom bounds, and either gauges
/// or counters without a reset between them. Where one has buckets that others lack, all get them, empty.
///
/// A staleness marker ends a run.
public struct HistogramRun: Sendable {
  public private(set) var count = 0
  public private(set) var layout: HistogramLayout?
  /// The numbers of one histogram behind those of the other.
  private(set) var numbers: [Double] = []
  public private(set) var endsStale = false
  /// The producer of the first one said that a reset is before it.
  public private(set) var beginsReset = false

  public init() {}

  public var isEmpty: Bool { count == 0 }

  /// Bytes of memory, about.
  public var byteCount: Int { numbers.count * 8 }

  public mutating func removeAll() {
    count = 0
    layout = nil
    numbers.removeAll(keepingCapacity: true)
    endsStale = false
    beginsReset = false
  }

  /// Appends a histogram if it goes on from those that are there.
  ///
  /// - Returns: `false` if another run must be begun for it; an empty run takes any that is storable
  ///   (``NativeHistogram/isStorable``).
  public mutating func append(_ histogram: NativeHistogram) -> Bool {
    guard count < HistogramColumn.maximumCount, !endsStale else { return false }
    if histogram.isStale {
      appendStale()
      return true
    }
    guard let new = HistogramLayout(histogram) else { return false }
    guard let old = layout else {
      layout = new
      beginsReset = histogram.resetHint == .reset
      appendNumbers(histogram)
      return true
    }
    guard new.isGauge || histogram.resetHint != .reset else { return false }
    if new == old { return appendWithoutReset(histogram, isGauge: new.isGauge) }
    guard let joined = old.joined(with: new) else { return false }
    if joined != old {
      // Looked at first: a run must not grow by a histogram that it does not take.
      if !new.isGauge, isBelowLast(histogram, new.places(in: joined), old.places(in: joined), width: joined.width) {
        return false
      }
      widen(to: joined, old.places(in: joined))
    }
    return appendWithoutReset(histogram.spread(new.places(in: joined), joined), isGauge: new.isGauge)
  }

  private mutating func appendStale() {
    let layout = layout ?? HistogramLayout.none
    self.layout = layout
    let start = numbers.count
    if count == 0 {
      numbers += repeatElement(0, count: layout.width)
    } else {
      numbers += numbers[(start - layout.width)...]
    }
    numbers[start + HistogramLayout.sumColumn] = StaleMarker.value
    count += 1
    endsStale = true
  }

  private mutating func appendNumbers(_ histogram: NativeHistogram) {
    numbers.append(histogram.count)
    numbers.append(histogram.zeroCount)
    numbers.append(histogram.sum)
    numbers += histogram.positiveBuckets
    numbers += histogram.negativeBuckets
    count += 1
  }

  private mutating func appendWithoutReset(_ histogram: NativeHistogram, isGauge: Bool) -> Bool {
    let last = numbers.count - (layout?.width ?? 0)
    appendNumbers(histogram)
    if isGauge { return true }
    let new = last + (layout?.width ?? 0)
    for column in 0..<new - last where column != HistogramLayout.sumColumn {
      // NaN is no less than anything, and nothing is less than it.
      guard numbers[new + column] >= numbers[last + column] else {
        numbers.removeLast(new - last)
        count -= 1
        return false
      }
    }
    return true
  }

  private func isBelowLast(_ histogram: NativeHistogram, _ places: [Int], _ oldPlaces: [Int], width: Int) -> Bool {
    var wide = [Double](repeating: 0, count: width)
    for (place, number) in zip(places, histogram.numbers) { wide[place] = number }
    let last = numbers.count - oldPlaces.count
    return oldPlaces.indices.contains {
      $0 != HistogramLayout.sumColumn && !(wide[oldPlaces[$0]] >= numbers[last + $0])
    }
  }

  private mutating func widen(to wider: HistogramLayout, _ places: [Int]) {
    var wide = [Double](repeating: 0, count: count * wider.width)
    for row in 0..<count {
      for (column, place) in places.enumerated() {
        wide[row * wider.width + place] = numbers[row * places.count + column]
      }
    }
    numbers = wide
    layout = wider
  }

  /// The histograms; if they are counters, all but the first one say that there was no reset before them.
  public var histograms: [NativeHistogram] {
    guard let layout else { return [] }
    return numbers.withUnsafeBufferPointer { numbers in
      (0..<count).map { row in
        layout.histogram(row > 0 ? .notReset : beginsReset ? .reset : .unknown) { numbers[row * layout.width + $0] }
      }
    }
  }
}

extension HistogramLayout {
  /// Of a run that holds nothing but a staleness marker.
  static let none: HistogramLayout = {
    guard let layout = HistogramLayout(NativeHistogram()) else { preconditionFailure("BUG: no layout for no buckets") }
    return layout
  }()

  /// - Parameters:
  ///   - hint: for a counter.
  ///   - number: gives the number in a column.
  @inline(__always)
  func histogram(_ hint: NativeHistogram.ResetHint, _ number: (Int) -> Double) -> NativeHistogram {
    var histogram = NativeHistogram()
    histogram.sum = number(Self.sumColumn)
    if histogram.isStale { return histogram }
    histogram.resetHint = isGauge ? .gauge : hint
    histogram.schema = schema
    histogram.zeroThreshold = zeroThreshold
    histogram.customValues = customValues
    histogram.count = number(0)
    histogram.zeroCount = number(1)
    histogram.positiveSpans = positiveSpans
    histogram.negativeSpans = negativeSpans
    let first = Self.leadingColumns
    histogram.positiveBuckets = (first..<first + positiveCount).map(number)
    histogram.negativeBuckets = (first + positiveCount..<width).map(number)
    return histogram
  }
}

extension NativeHistogram {
  fileprivate var numbers: [Double] { [count, zeroCount, sum] + positiveBuckets + negativeBuckets }

  /// The same histogram with the buckets of a wider layout.
  fileprivate func spread(_ places: [Int], _ wider: HistogramLayout) -> NativeHistogram {
    var wide = [Double](repeating: 0, count: wider.width)
    for (place, number) in zip(places, numbers) { wide[place] = number }
    var result = self
    let first = HistogramLayout.leadingColumns
    result.positiveSpans = wider.positiveSpans
    result.negativeSpans = wider.negativeSpans
    result.positiveBuckets = Array(wide[first..<first + wider.positiveCount])
    result.negativeBuckets = Array(wide[(first + wider.positiveCount)...])
    return result
  }
}

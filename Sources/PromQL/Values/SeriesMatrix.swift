import FleetModel

/// An instant vector at each step of a grid: for each series a row of values, ``Point/absent`` where it has none.
struct SeriesMatrix {
  /// One for each row.
  var labels: [LabelSet]
  /// The metric's name, where `labels` still has one, is no part of them: cutting it out waits until someone looks.
  var dropsName: Bool
  /// No two rows have the same labels, even without the metric's name.
  var isDistinctWithoutName: Bool
  let steps: Int
  /// Row by row.
  var values: [Double]
  /// Which of them are native histograms; `nil` if none is.
  var histograms: HistogramTable?

  init(labels: [LabelSet], steps: Int, dropsName: Bool, isDistinctWithoutName: Bool) {
    self.labels = labels
    self.steps = steps
    self.dropsName = dropsName
    self.isDistinctWithoutName = isDistinctWithoutName
    values = [Double](repeating: Point.absent, count: labels.count * steps)
  }

  static func empty(steps: Int) -> SeriesMatrix {
    SeriesMatrix(labels: [], steps: steps, dropsName: false, isDistinctWithoutName: true)
  }

  /// One series without labels.
  init(unlabelled values: [Double]) {
    labels = [LabelSet()]
    steps = values.count
    dropsName = false
    isDistinctWithoutName = true
    self.values = values
  }

  var count: Int { labels.count }

  func value(_ row: Int, _ step: Int) -> Double { values[row * steps + step] }

  func hasSample(_ row: Int) -> Bool {
    for index in row * steps..<(row + 1) * steps where !Point.isAbsent(values[index]) { return true }
    return false
  }

  /// The labels of a row as they count: without the name where it was dropped.
  func shownLabels(_ row: Int) -> LabelSet { dropsName ? labels[row].withoutName : labels[row] }

  /// This matrix with its labels as they count.
  var withShownLabels: SeriesMatrix {
    guard dropsName else { return self }
    var result = self
    result.labels = labels.map(\.withoutName)
    result.dropsName = false
    return result
  }

  /// Applies `change` to each sample that is a number; histograms are left out.
  @inline(__always)
  func mapped(_ change: (Double) -> Double) -> SeriesMatrix {
    var result = withoutHistograms
    result.values.withUnsafeMutableBufferPointer { values in
      for index in values.indices where !Point.isAbsent(values[index]) { values[index] = change(values[index]) }
    }
    return result
  }

  /// Applies `change` to each sample that is a number, and the number of its step; histograms are left out.
  @inline(__always)
  func mappedByStep(_ change: (Double, Int) -> Double) -> SeriesMatrix {
    var result = withoutHistograms
    let steps = steps
    let rows = count
    result.values.withUnsafeMutableBufferPointer { values in
      for row in 0..<rows {
        for step in 0..<steps {
          let index = row * steps + step
          if !Point.isAbsent(values[index]) { values[index] = change(values[index], step) }
        }
      }
    }
    return result
  }

  /// The rows that `isIncluded` says, in order.
  func filteringRows(_ isIncluded: (Int) -> Bool) -> SeriesMatrix {
    let rows = (0..<count).filter(isIncluded)
    return rows.count == count ? self : picking(rows)
  }

  /// The rows named, in the order named.
  func picking(_ rows: [Int]) -> SeriesMatrix {
    var result = SeriesMatrix.empty(steps: steps)
    result.dropsName = dropsName
    result.isDistinctWithoutName = isDistinctWithoutName
    result.labels = rows.map { labels[$0] }
    result.values.reserveCapacity(rows.count * steps)
    for row in rows { result.values.append(contentsOf: values[row * steps..<(row + 1) * steps]) }
    result.histograms = histograms?.picking(rows)
    return result
  }

  /// Adds a row without samples, of a matrix that shows its names. Amortised O(steps).
  ///
  /// - Returns: its number.
  mutating func addRow(_ row: LabelSet) -> Int {
    precondition(!dropsName, "BUG: a row with a name where names are dropped")
    labels.append(row)
    values.append(contentsOf: repeatElement(Point.absent, count: steps))
    histograms?.rows.append([])
    isDistinctWithoutName = false
    return count - 1
  }

  /// The rows of both. Rows of the same labels must still be merged.
  func appending(_ other: SeriesMatrix) -> SeriesMatrix {
    if other.count == 0 { return self }
    if count == 0 { return other }
    var result = withShownLabels
    result.histograms = .joined(histograms, count, other.histograms, other.count)
    result.labels += other.withShownLabels.labels
    result.values += other.values
    result.isDistinctWithoutName = false
    return result
  }

  /// This matrix without its metric's name. Rows whose labels are then the same become one.
  ///
  /// - Throws: ``QueryError/execution(_:)`` if two of them have a sample at the same step.
  func droppingName() throws(QueryError) -> SeriesMatrix {
    var result = self
    result.dropsName = true
    return isDistinctWithoutName ? result : try result.mergingEqualRows()
  }

  /// Rows of the same labels become one.
  func mergingEqualRows() throws(QueryError) -> SeriesMatrix {
    let shown = withShownLabels
    var rows = LabelSetNumbers(expecting: count)
    var target: [Int] = []
    target.reserveCapacity(count)
    for labels in shown.labels { target.append(rows.number(of: labels)) }
    var result = shown
    result.isDistinctWithoutName = dropsName
    if rows.count == count { return result }
    result = SeriesMatrix.empty(steps: steps)
    result.isDistinctWithoutName = dropsName
    for row in 0..<count {
      if target[row] == result.count {
        result.labels.append(shown.labels[row])
        result.values.append(contentsOf: values[row * steps..<(row + 1) * steps])
        continue
      }
      for step in 0..<steps where !Point.isAbsent(value(row, step)) {
        let index = target[row] * steps + step
        guard Point.isAbsent(result.values[index]) else {
          throw .execution("vector cannot contain metrics with the same labelset")
        }
        result.values[index] = value(row, step)
      }
    }
    result.histograms = mergedHistograms(target, into: result.count)
    return result
  }
}

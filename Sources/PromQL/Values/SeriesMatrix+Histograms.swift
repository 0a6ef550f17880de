import FleetModel

/// The points of a matrix that are native histograms. Most matrices have none, and no such table.
///
/// A point that is one has NaN among the matrix' values, so that all that asks only whether there is a sample need not know of
/// histograms. What takes a value away makes the point absent there, whether it was a histogram or not: the table counts only
/// where there is a value.
struct HistogramTable {
  /// By row and step; a row without histograms may be empty.
  var rows: [[NativeHistogram?]]

  init(rows count: Int) { rows = [[NativeHistogram?]](repeating: [], count: count) }
}

extension SeriesMatrix {
  /// The histogram at a point; `nil` if there is a number or nothing.
  func histogram(_ row: Int, _ step: Int) -> NativeHistogram? {
    guard let histograms, !histograms.rows[row].isEmpty, !Point.isAbsent(value(row, step)) else { return nil }
    return histograms.rows[row][step]
  }

  mutating func set(_ histogram: NativeHistogram, _ row: Int, _ step: Int) {
    if histograms == nil { histograms = HistogramTable(rows: count) }
    if histograms?.rows[row].isEmpty == true {
      histograms?.rows[row] = [NativeHistogram?](repeating: nil, count: steps)
    }
    histograms?.rows[row][step] = histogram
    values[row * steps + step] = .nan
  }

  /// Takes the sample at a point away, or puts a number there.
  mutating func set(_ value: Double, _ row: Int, _ step: Int) {
    values[row * steps + step] = value
    if histograms?.rows[row].isEmpty == false { histograms?.rows[row][step] = nil }
  }

  /// This matrix with nothing where it has histograms.
  var withoutHistograms: SeriesMatrix {
    guard let histograms else { return self }
    var result = self
    result.histograms = nil
    for (row, points) in histograms.rows.enumerated() {
      for (step, point) in points.enumerated() where point != nil { result.values[row * steps + step] = Point.absent }
    }
    return result
  }

  /// Calls `body` with each histogram, row by row.
  func forEachHistogram<Failure: Error>(
    _ body: (_ histogram: NativeHistogram, _ row: Int, _ step: Int) throws(Failure) -> Void
  ) throws(Failure) {
    guard let histograms else { return }
    for row in 0..<count where !histograms.rows[row].isEmpty {
      for step in 0..<steps {
        if let histogram = histogram(row, step) { try body(histogram, row, step) }
      }
    }
  }

  var hasHistograms: Bool {
    guard let histograms else { return false }
    return (0..<count).contains { row in
      !histograms.rows[row].isEmpty && (0..<steps).contains { histogram(row, $0) != nil }
    }
  }

  /// The histograms where rows of the same target become one; their samples do not overlap.
  func mergedHistograms(_ targets: [Int], into count: Int) -> HistogramTable? {
    if histograms == nil { return nil }
    var result = HistogramTable(rows: count)
    forEachHistogram { histogram, row, step in
      if result.rows[targets[row]].isEmpty {
        result.rows[targets[row]] = [NativeHistogram?](repeating: nil, count: steps)
      }
      result.rows[targets[row]][step] = histogram
    }
    return result
  }

  /// A matrix of the same rows with what `change` makes of each histogram; numbers are left out.
  func mappedHistograms(_ change: (_ histogram: NativeHistogram, _ row: Int, _ step: Int) -> Double) -> SeriesMatrix {
    var result = SeriesMatrix(
      labels: labels, steps: steps, dropsName: dropsName, isDistinctWithoutName: isDistinctWithoutName)
    forEachHistogram { histogram, row, step in result.values[row * steps + step] = change(histogram, row, step) }
    return result
  }
}

extension HistogramTable {
  func picking(_ rows: [Int]) -> HistogramTable {
    var result = HistogramTable(rows: 0)
    result.rows = rows.map { self.rows[$0] }
    return result
  }

  /// The rows of both, the first having `count` and the second `otherCount` of them.
  static func joined(_ first: HistogramTable?, _ count: Int, _ second: HistogramTable?, _ otherCount: Int)
    -> HistogramTable?
  {
    if first == nil, second == nil { return nil }
    var result = first ?? HistogramTable(rows: count)
    result.rows += (second ?? HistogramTable(rows: otherCount)).rows
    return result
  }
}

import FleetModel

/// The labels of rows, where they stand already: copying thousands of them would cost more than some functions do.
enum RowLabels {
  case series(OpenedSelection)
  case list([LabelSet])

  var count: Int {
    switch self {
    case .series(let series): series.count
    case .list(let labels): labels.count
    }
  }

  var all: [LabelSet] {
    switch self {
    case .series(.decoded(let series)): series.map { $0.labels }
    case .series(.encoded(let series)): series.labels
    case .list(let labels): labels
    }
  }
}

/// A matrix whose rows are made when they are asked for, so that an aggregation need not hold them all.
struct RowSource {
  var labels: RowLabels
  var dropsName: Bool
  var isDistinctWithoutName: Bool
  /// Writes a row into memory that has room for all steps and holds ``Point/absent``.
  var write: Write

  typealias Write =
    @Sendable (_ row: Int, _ into: UnsafeMutablePointer<Double>, _ worker: RowWorker) throws(QueryError) -> Void

  var count: Int { labels.count }

  init(
    labels: RowLabels, dropsName: Bool, isDistinctWithoutName: Bool,
    write: @escaping Write
  ) {
    self.labels = labels
    self.dropsName = dropsName
    self.isDistinctWithoutName = isDistinctWithoutName
    self.write = write
  }

  init(_ matrix: SeriesMatrix) {
    self.init(
      labels: .list(matrix.labels), dropsName: matrix.dropsName,
      isDistinctWithoutName: matrix.isDistinctWithoutName
    ) { (row: Int, target: UnsafeMutablePointer<Double>, _) throws(QueryError) in
      matrix.values.withUnsafeBufferPointer { values in
        for step in 0..<matrix.steps { target[step] = values[row * matrix.steps + step] }
      }
    }
  }
}

extension Evaluator {
  /// The rows of `expression`, without histograms: as they are made where it is a selector or a function over a window, else of its matrix.
  func rows(of expression: Expression, _ grid: StepGrid) throws(QueryError) -> RowSource {
    if data.hasHistograms || options.typeAndUnitLabels || isExtended(expression) {
      return RowSource(try vector(expression, grid).withoutHistograms)
    }
    switch expression.unwrapped {
    case .vector(let node) where node.shift.anchor == nil || grid.count == 1: return instantRows(node, grid)
    case .call(let node) where node.function.arguments.contains(.matrix):
      if let rows = try windowRows(node, grid), rows.isDistinctWithoutName || !rows.dropsName { return rows }
    default: break
    }
    return RowSource(try vector(expression, grid))
  }

  func matrix(of rows: RowSource, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    try budget.hold(rows.count * grid.count)
    var matrix = SeriesMatrix(
      labels: rows.labels.all, steps: grid.count, dropsName: rows.dropsName,
      isDistinctWithoutName: rows.isDistinctWithoutName)
    if grid.count == 0 { return matrix }
    let steps = grid.count
    let failure = matrix.values.withUnsafeMutableBufferPointer { values -> QueryError? in
      guard let base = values.baseAddress else { return nil }
      do throws(QueryError) {
        try write(rows, 0..<rows.count, steps: steps, into: base)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
    return matrix
  }

  /// The latest sample of each series at each step, not older than the lookback and not stale.
  func instantRows(_ node: VectorSelector, _ grid: StepGrid) -> RowSource {
    let times = node.shift.times(of: grid, in: outer)
    let series =
      grid.count == 0
      ? .decoded([]) : data.series(node.matchers, from: times.first - options.lookback + 1, through: times.last)
    let lookback = options.lookback
    return RowSource(
      labels: .series(series), dropsName: false, isDistinctWithoutName: node.metricName != nil
    ) { (row: Int, target: UnsafeMutablePointer<Double>, worker: RowWorker) throws(QueryError) in
      try worker.checkpoint(grid.count)
      try worker.withSamples(of: series, row) { stamps, values in
        var next = Self.firstIndex(in: stamps, after: times.first - lookback)
        for step in 0..<grid.count {
          let time = times.isFixed ? times.first : times.first + Int64(step) * grid.step
          while next < stamps.count, stamps[next] <= time { next += 1 }
          if next > 0, stamps[next - 1] > time - lookback { target[step] = values[next - 1] }
        }
      }
    }
  }

  /// The times of the samples that ``instantRows(_:_:)`` takes, in seconds: for `timestamp()`.
  func sampleTimes(_ node: VectorSelector, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let times = node.shift.times(of: grid, in: outer)
    let series =
      grid.count == 0
      ? .decoded([]) : data.series(node.matchers, from: times.first - options.lookback + 1, through: times.last)
    try budget.hold(series.count * grid.count)
    var matrix = SeriesMatrix(
      labels: RowLabels.series(series).all, steps: grid.count, dropsName: false,
      isDistinctWithoutName: node.metricName != nil)
    for row in 0..<series.count {
      try budget.checkpoint(grid.count)
      try worker.withSamples(of: series, row) { stamps, values in
        var next = 0
        for step in 0..<grid.count {
          let time = times.isFixed ? times.first : times.first + Int64(step) * grid.step
          while next < stamps.count, stamps[next] <= time { next += 1 }
          guard next > 0, stamps[next - 1] > time - options.lookback else { continue }
          if StaleMarker.isStale(values[next - 1]) { continue }
          matrix.values[row * grid.count + step] = Double(stamps[next - 1]) / 1000
        }
      }
    }
    if data.hasHistograms {
      try addHistogramTimes(node, grid, to: &matrix)
    }
    return matrix
  }

  /// The first index whose time is after `time`. O(log n).
  static func firstIndex(in stamps: UnsafeBufferPointer<Int64>, after time: Int64) -> Int {
    var low = 0
    var high = stamps.count
    while low < high {
      let middle = (low + high) / 2
      if stamps[middle] <= time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Gathers rows into groups: `sum`, `min` and the like. Holds one state for each point of the result.
protocol RowFold {
  /// Takes a row of `steps` points into the states from `offset` on.
  func add(_ row: UnsafePointer<Double>, _ steps: Int, at offset: Int)
  /// Writes the results; a point that no row had stays absent.
  func finish(into result: UnsafeMutableBufferPointer<Double>)
}

/// Memory for one number a point, freed with its owner.
final class PointColumn {
  let base: UnsafeMutablePointer<Double>
  let count: Int

  init(_ count: Int, repeating value: Double) {
    self.count = count
    base = .allocate(capacity: max(1, count))
    base.initialize(repeating: value, count: count)
  }

  deinit { base.deallocate() }
}

struct SumFold: RowFold {
  private let sums: PointColumn
  private let compensations: PointColumn

  init(_ points: Int) {
    sums = PointColumn(points, repeating: Point.absent)
    compensations = PointColumn(points, repeating: 0)
  }

  func add(_ row: UnsafePointer<Double>, _ steps: Int, at offset: Int) {
    let sums = sums.base + offset
    let compensations = compensations.base + offset
    for step in 0..<steps {
      let value = row[step]
      if Point.isAbsent(value) { continue }
      let sum = sums[step]
      if Point.isAbsent(sum) {
        sums[step] = value
        continue
      }
      var total = CompensatedSum(sum, compensations[step])
      total.add(value)
      sums[step] = total.sum
      compensations[step] = total.compensation
    }
  }

  func finish(into result: UnsafeMutableBufferPointer<Double>) {
    for index in result.indices where !Point.isAbsent(sums.base[index]) {
      result[index] = sums.base[index] + compensations.base[index]
    }
  }
}

struct MeanFold: RowFold {
  private let means: UnsafeMutableBufferPointer<RunningMean>
  private let owner: Owner

  private final class Owner {
    let base: UnsafeMutablePointer<RunningMean>
    init(_ base: UnsafeMutablePointer<RunningMean>) { self.base = base }
    deinit { base.deallocate() }
  }

  init(_ points: Int) {
    let base = UnsafeMutablePointer<RunningMean>.allocate(capacity: max(1, points))
    base.initialize(repeating: RunningMean(), count: points)
    means = UnsafeMutableBufferPointer(start: base, count: points)
    owner = Owner(base)
  }

  func add(_ row: UnsafePointer<Double>, _ steps: Int, at offset: Int) {
    withExtendedLifetime(owner) {
      for step in 0..<steps where !Point.isAbsent(row[step]) { means[offset + step].add(row[step]) }
    }
  }

  func finish(into result: UnsafeMutableBufferPointer<Double>) {
    withExtendedLifetime(owner) {
      for index in result.indices where means[index].count > 0 { result[index] = means[index].value }
    }
  }
}

struct ExtremeFold: RowFold {
  let isMaximum: Bool
  private let extremes: PointColumn

  init(_ points: Int, isMaximum: Bool) {
    self.isMaximum = isMaximum
    extremes = PointColumn(points, repeating: Point.absent)
  }

  func add(_ row: UnsafePointer<Double>, _ steps: Int, at offset: Int) {
    let extremes = extremes.base + offset
    for step in 0..<steps {
      let value = row[step]
      if Point.isAbsent(value) { continue }
      // An absent state is a NaN too: what comes first replaces it.
      if (isMaximum ? extremes[step] < value : extremes[step] > value) || extremes[step].isNaN {
        extremes[step] = value
      }
    }
  }

  func finish(into result: UnsafeMutableBufferPointer<Double>) {
    for index in result.indices { result[index] = extremes.base[index] }
  }
}

struct CountFold: RowFold {
  private let counts: PointColumn

  init(_ points: Int) { counts = PointColumn(points, repeating: 0) }

  func add(_ row: UnsafePointer<Double>, _ steps: Int, at offset: Int) {
    let counts = counts.base + offset
    for step in 0..<steps { counts[step] += Point.isAbsent(row[step]) ? 0 : 1 }
  }

  func finish(into result: UnsafeMutableBufferPointer<Double>) {
    for index in result.indices where counts.base[index] > 0 { result[index] = counts.base[index] }
  }
}

struct GroupFold: RowFold {
  private let seen: PointColumn

  init(_ points: Int) { seen = PointColumn(points, repeating: Point.absent) }

  func add(_ row: UnsafePointer<Double>, _ steps: Int, at offset: Int) {
    for step in 0..<steps where !Point.isAbsent(row[step]) { seen.base[offset + step] = 1 }
  }

  func finish(into result: UnsafeMutableBufferPointer<Double>) {
    for index in result.indices { result[index] = seen.base[index] }
  }
}

/// Variance of the whole population (B. P. Welford, Technometrics 4, 1962).
struct VarianceFold: RowFold {
  let isDeviation: Bool
  private let counts: PointColumn
  private let means: PointColumn
  private let squares: PointColumn

  init(_ points: Int, isDeviation: Bool) {
    self.isDeviation = isDeviation
    counts = PointColumn(points, repeating: 0)
    means = PointColumn(points, repeating: 0)
    squares = PointColumn(points, repeating: 0)
  }

  func add(_ row: UnsafePointer<Double>, _ steps: Int, at offset: Int) {
    for step in 0..<steps where !Point.isAbsent(row[step]) {
      let value = row[step]
      let index = offset + step
      counts.base[index] += 1
      if counts.base[index] == 1 {
        means.base[index] = value
        squares.base[index] = value.isFinite ? 0 : .nan
        continue
      }
      let delta = value - means.base[index]
      means.base[index] += delta / counts.base[index]
      squares.base[index] += delta * (value - means.base[index])
    }
  }

  func finish(into result: UnsafeMutableBufferPointer<Double>) {
    for index in result.indices where counts.base[index] > 0 {
      let variance = squares.base[index] / counts.base[index]
      result[index] = isDeviation ? variance.squareRoot() : variance
    }
  }
}

import FleetModel
import Synchronization

/// Makes rows on several threads where there is enough to do: what a row costs is decoding its series and moving its windows.
extension Evaluator {
  /// Points that are made before they are looked at.
  private static let pointsAtOnce = 1 << 16
  private static let mostPointsAtOnce = 1 << 22
  private static let rowsPerTurn = 16

  /// Where threads write.
  // Unchecked: each row is written by one thread, and read when all have ended.
  private struct Target: @unchecked Sendable {
    let base: UnsafeMutablePointer<Double>
  }

  private final class Progress: Sendable {
    let next = Atomic(0)
    let failure = Mutex<QueryError?>(nil)
  }

  /// Writes the rows of `source` one behind the other into memory that holds ``Point/absent``.
  func write(
    _ source: RowSource, _ rows: Range<Int>, steps: Int, into base: UnsafeMutablePointer<Double>
  ) throws(QueryError) {
    guard let spread = options.spread, source.work(steps: steps) >= spread.leastWork, rows.count > 1 else {
      for row in rows { try source.write(row, base + (row - rows.lowerBound) * steps, worker) }
      return
    }
    while workers.count < spread.threads { workers.append(RowWorker(budget.watch)) }
    let workers = workers
    let progress = Progress()
    let target = Target(base: base)
    spread.run(spread.threads) { thread in
      while true {
        let first = progress.next.add(Self.rowsPerTurn, ordering: .relaxed).oldValue
        if first >= rows.count || progress.failure.withLock({ $0 != nil }) { return }
        do throws(QueryError) {
          for offset in first..<min(rows.count, first + Self.rowsPerTurn) {
            try source.write(rows.lowerBound + offset, target.base + offset * steps, workers[thread])
          }
        } catch {
          progress.failure.withLock { $0 = error }
        }
      }
    }
    if let failure = progress.failure.withLock({ $0 }) { throw failure }
  }

  /// Calls `body` with each row in order; no more than some of them are held at one time.
  func forEachRow(
    of source: RowSource, steps: Int, _ body: (_ row: Int, _ values: UnsafePointer<Double>) -> Void
  ) throws(QueryError) {
    let isSpread = options.spread.map { source.work(steps: steps) >= $0.leastWork } ?? false
    // Of very many steps no more rows than memory bears, even if threads then have less to do.
    let most = max(1, Self.mostPointsAtOnce / max(1, steps))
    let rowsAtOnce = isSpread ? min(most, max(Self.rowsPerTurn * 4, Self.pointsAtOnce / max(1, steps))) : 1
    let points = min(rowsAtOnce, source.count) * steps
    let before = budget.held
    try budget.hold(points)
    defer { budget.settle(at: before) }
    let buffer = PointColumn(points, repeating: Point.absent)
    var row = 0
    while row < source.count {
      let rows = row..<min(source.count, row + rowsAtOnce)
      if row > 0 { buffer.base.update(repeating: Point.absent, count: rows.count * steps) }
      try write(source, rows, steps: steps, into: buffer.base)
      for row in rows { body(row, buffer.base + (row - rows.lowerBound) * steps) }
      row = rows.upperBound
    }
  }
}

extension RowSource {
  /// About how many points are decoded and written for all rows.
  func work(steps: Int) -> Int {
    var samples = 0
    if case .series(.encoded(let selection)) = labels { samples = selection.sampleCount }
    return samples + count * steps
  }
}

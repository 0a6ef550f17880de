import FleetModel

/// The moments of an evaluation: `count` of them from `start` on, `step` milliseconds apart.
struct StepGrid: Hashable, Sendable {
  var start: Int64
  var step: Int64
  var count: Int

  /// From `start` to `end`, both included.
  init(from start: Int64, through end: Int64, step: Int64) {
    self.start = start
    self.step = step
    count = end < start ? 0 : Int((end - start) / step) + 1
  }

  init(at time: Int64) {
    start = time
    step = 1
    count = 1
  }

  func time(_ index: Int) -> Int64 { start + Int64(index) * step }
  var last: Int64 { time(max(0, count - 1)) }

  var times: [Int64] { (0..<count).map(time) }

  /// The first of these moments alone.
  var first: StepGrid { StepGrid(at: start) }
}

/// One point of a matrix that holds no sample.
///
/// Prometheus' staleness marker never is the value of a result, so its bits mark the points that are not there: one column
/// holds values and presence. It must be looked for before calculating, since arithmetic makes it an ordinary NaN.
enum Point {
  static let absent = StaleMarker.value

  @inline(__always) static func isAbsent(_ value: Double) -> Bool { value.bitPattern == StaleMarker.bitPattern }
}

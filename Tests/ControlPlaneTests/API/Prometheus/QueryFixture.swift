import FleetModel
import Logging
import Platform
import SampleStore
import TestSupport

@testable import ControlPlane

/// A store with a few series, and the query routes over it; the time is ``now``.
enum QueryFixture {
  static let now = Timestamp(milliseconds: 1_790_000_000_000)

  static func service(
    over source: any SeriesSource, limits: QueryLimits = QueryLimits(), time: any TimeSource = SimulatedTime(start: now)
  ) -> QueryService {
    QueryService(
      source: source, limits: limits, time: time, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// A sample each ten seconds of the last minute.
  ///
  /// - `up` of jobs `a` (instances 1 and 2, one of which has ended) and `b"c` (without instance)
  /// - `requests_total` of job `a`, one more each second
  /// - `odd` with values that are hard to write, in the label `is`
  /// - `"http.size"` with the label `"content.type"`
  static func store() throws -> HeadStore {
    let store = HeadStore(HeadConfiguration())
    func add(_ labels: [String: String], _ value: (Int) -> Double) throws {
      let series = try store.reference(for: LabelSet(labels))
      for index in 0...6 {
        _ = try store.append(
          [Sample(series: series, value: value(index))], at: now - .seconds(60) + .seconds(10 * index))
      }
    }
    try add(["__name__": "up", "job": "a", "instance": "1"]) { _ in 1 }
    try add(["__name__": "up", "job": "a", "instance": "2"]) { $0 < 6 ? 0 : StaleMarker.value }
    try add(["__name__": "up", "job": "b\"c"]) { _ in 1 }
    try add(["__name__": "requests_total", "job": "a", "instance": "1"]) { Double(10 * $0) }
    for (name, value) in [
      ("NaN", Double.nan), ("+Inf", .infinity), ("-Inf", -.infinity), ("small", 1.5e-7), ("large", 1e21),
      ("million", 1e6), ("third", -1 / 3),
    ] {
      try add(["__name__": "odd", "is": name]) { _ in value }
    }
    try add(["__name__": "http.size", "content.type": "x\ny"]) { _ in 7 }
    return store
  }

  static func with<Result: Sendable>(
    _ source: (any SeriesSource)? = nil, limits: QueryLimits = QueryLimits(),
    time: any TimeSource = SimulatedTime(start: now),
    _ body: @escaping @Sendable (ServerHarness, QueryService) async throws -> Result
  ) async throws -> Result {
    let service = service(over: try source ?? store(), limits: limits, time: time)
    return try await ServerHarness.with(routes: PrometheusRoutes.queries(service)) { try await body($0, service) }
  }
}

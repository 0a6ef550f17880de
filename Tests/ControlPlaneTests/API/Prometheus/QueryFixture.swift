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
      source: source, exemplars: FixedExemplars(), limits: limits, time: time,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
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

/// An exemplar of `up` of job `a`, instance 1, ten seconds ago, and two of `requests_total`.
struct FixedExemplars: ExemplarSource {
  private static let all: [SeriesExemplars] = [
    SeriesExemplars(
      labels: LabelSet(["__name__": "requests_total", "job": "a", "instance": "1"]),
      exemplars: [
        Exemplar(
          labels: LabelSet(["trace_id": "4bf9", "span_id": "00f0"]), value: 0.25,
          time: QueryFixture.now - .milliseconds(20_500)),
        Exemplar(labels: LabelSet(), value: .infinity, time: QueryFixture.now - .seconds(10)),
      ]),
    SeriesExemplars(
      labels: LabelSet(["__name__": "up", "job": "a", "instance": "1"]),
      exemplars: [
        Exemplar(labels: LabelSet(["trace_id": "\"x\""]), value: 1, time: QueryFixture.now - .seconds(10))
      ]),
  ]

  func exemplars(
    matchingAny selectors: [[LabelMatcher]], from: Timestamp, through: Timestamp
  ) throws -> [SeriesExemplars] {
    let tests = try selectors.map { try $0.map { try MatcherTest($0) } }
    return Self.all.compactMap { one in
      let kept = one.exemplars.filter { $0.time.map { (from...through).contains($0) } == true }
      guard !kept.isEmpty, tests.contains(where: { $0.allSatisfy { $0.accepts(one.labels) } }) else { return nil }
      return SeriesExemplars(labels: one.labels, exemplars: kept)
    }
  }
}

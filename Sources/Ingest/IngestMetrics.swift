import CoreMetrics
import FleetModel
import Metrics

/// Skep's own metrics about collection: few, made once, and without a label per agent, which would be as many series as
/// agents.
final class IngestMetrics: Sendable {
  enum Refused: String, CaseIterable, Sendable {
    case duplicate, future
    case outOfOrder = "out_of_order"
  }

  private let collections: Counter
  private let samples: Counter
  private let storeFailures: Counter
  private let duration: Timer
  private let failures: [CollectionFailure.Reason: Counter]
  private let limits: [LimitName: Counter]
  private let refusals: [Refused: Counter]

  init(factory: any MetricsFactory = MetricsSystem.factory) {
    func counter(_ name: String, _ dimensions: [(String, String)] = []) -> Counter {
      Counter(label: "skep_ingest_" + name, dimensions: dimensions, factory: factory)
    }
    func counters<Key: RawRepresentable<String> & CaseIterable & Hashable>(_ name: String, _ label: String) -> [Key:
      Counter]
    {
      Dictionary(
        Key.allCases.map { ($0, counter(name, [(label, $0.rawValue)])) }, uniquingKeysWith: { first, _ in first })
    }
    collections = counter("collections_total")
    samples = counter("samples_total")
    storeFailures = counter("store_failures_total")
    duration = Timer(label: "skep_ingest_collection_duration_seconds", dimensions: [], factory: factory)
    failures = counters("collection_failures_total", "reason")
    limits = counters("limit_exceeded_total", "limit")
    refusals = counters("samples_refused_total", "reason")
  }

  func collected(in time: Duration) {
    collections.increment()
    duration.recordNanoseconds(Int64(time.seconds * 1e9))
  }

  func stored(_ count: Int) { samples.increment(by: count) }

  func storeFailed() { storeFailures.increment() }

  func failed(_ failure: CollectionFailure) {
    failures[failure.reason]?.increment()
    if let limit = failure.limit { limits[limit]?.increment() }
  }

  func refused(_ reason: Refused, _ count: Int) { refusals[reason]?.increment(by: count) }
}

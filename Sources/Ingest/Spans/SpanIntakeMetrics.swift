import CoreMetrics
import FleetModel
import Metrics

/// Skep's own metrics about spans that arrive, made once and without a label per agent.
final class SpanIntakeMetrics: Sendable {
  private let spans: Counter
  private let requests: Counter
  private let refusals: [SpanOutcome.Reason: Counter]
  private let storeFailures: Counter
  private let finished: Counter
  private let lost: Counter
  private let appending: Timer

  init(factory: any MetricsFactory) {
    func counter(_ name: String, _ dimensions: [(String, String)] = []) -> Counter {
      Counter(label: "skep_span_intake_" + name, dimensions: dimensions, factory: factory)
    }
    spans = counter("spans_total")
    requests = counter("requests_total")
    storeFailures = counter("store_failures_total")
    finished = counter("finished_total")
    lost = counter("lost_total")
    refusals = Dictionary(
      SpanOutcome.Reason.allCases.map { ($0, counter("refused_total", [("reason", $0.rawValue)])) },
      uniquingKeysWith: { first, _ in first })
    appending = Timer(label: "skep_span_intake_append_duration_seconds", dimensions: [], factory: factory)
  }

  func note(_ outcome: SpanOutcome) {
    requests.increment()
    spans.increment(by: outcome.taken)
    for (reason, count) in outcome.refused { refusals[reason]?.increment(by: count) }
  }

  func appended(in time: Duration) { appending.recordNanoseconds(Int64(min(time.seconds, 1e6) * 1e9)) }

  func storeFailed() { storeFailures.increment() }

  func spanFinished() { finished.increment() }

  func spansLost(_ count: Int) { lost.increment(by: count) }
}

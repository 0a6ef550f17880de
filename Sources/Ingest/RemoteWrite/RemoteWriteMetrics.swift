import CoreMetrics
import Metrics

/// Skep's own metrics about what is pushed, made once.
final class RemoteWriteMetrics: Sendable {
  private let samples: Counter
  private let histograms: Counter
  private let refusals: [WriteOutcome.Reason: Counter]
  private let storeFailures: Counter
  private let exemplars: Counter
  private let series: Gauge

  init(factory: any MetricsFactory = MetricsSystem.factory) {
    func counter(_ name: String, _ dimensions: [(String, String)] = []) -> Counter {
      Counter(label: "skep_remote_write_" + name, dimensions: dimensions, factory: factory)
    }
    samples = counter("samples_total")
    histograms = counter("histograms_total")
    storeFailures = counter("store_failures_total")
    exemplars = counter("exemplars_dropped_total")
    refusals = Dictionary(
      WriteOutcome.Reason.allCases.map { ($0, counter("samples_refused_total", [("reason", $0.rawValue)])) },
      uniquingKeysWith: { first, _ in first })
    series = Gauge(label: "skep_remote_write_known_series", dimensions: [], factory: factory)
  }

  func note(_ outcome: WriteOutcome) {
    samples.increment(by: outcome.written)
    histograms.increment(by: outcome.histogramsWritten)
    for (reason, count) in outcome.refused { refusals[reason]?.increment(by: count) }
  }

  func dropped(exemplars count: Int) { if count > 0 { exemplars.increment(by: count) } }

  func storeFailed() { storeFailures.increment() }

  func knows(_ count: Int) { series.record(count) }
}

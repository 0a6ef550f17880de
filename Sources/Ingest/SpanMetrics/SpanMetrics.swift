import CoreMetrics
public import FleetModel
public import Logging
import Metrics
public import Platform
public import ServiceLifecycle
import Synchronization

/// Makes series of the spans that arrive: by agent and operation `traces_span_metrics_calls_total` and
/// `traces_span_metrics_duration_seconds`, and by edge between two agents `traces_service_graph_request_total`, `…_failed_total`,
/// `…_server_seconds` and `…_client_seconds`.
///
/// Only ended spans count, each once even where it arrives again. An edge is a span whose parent is of another agent; whichever of
/// both arrives first waits for the other. Latencies are native histograms: one series for each instead of some twenty, with bounds that suit
/// a tool call of a millisecond as well as an agent's hour. The slowest of each interval, and the last failed, are exemplars.
///
/// Each interval every series gets a sample. A series begins with zero, so that `rate` sees its first spans, and ends with a marker once
/// nothing was counted in it for ``SpanMetricsConfiguration/seriesLifetime``. Counters begin anew after a restart, which `rate` and `increase`
/// take for the reset that it is. Beyond its bounds an agent's further operations are counted together, with the label
/// `otel_metric_overflow="true"`.
public final class SpanMetrics: SpanWatch, Service {
  private let configuration: SpanMetricsConfiguration
  private let tally: Mutex<SpanTally>
  private let writer: Mutex<SpanSeriesWriter>
  private let time: any TimeSource
  private let began: Duration
  private let instruments: SpanMetricsInstruments

  /// - Parameters:
  ///   - exemplars: keeps exemplars; `nil` if nobody does.
  ///   - watch: rules on arrival, which see counters as they see collected ones.
  ///   - metadata: is told what the series mean.
  public init(
    _ configuration: SpanMetricsConfiguration = SpanMetricsConfiguration(), appender: any SampleAppender,
    exemplars: (any ExemplarAppender)? = nil, watch: any SampleWatch, metadata: (any MetadataSink)? = nil,
    time: any TimeSource, logger: Logger
  ) {
    self.configuration = configuration
    self.time = time
    began = time.monotonic()
    tally = Mutex(SpanTally(configuration, seed: SystemRandom().next()))
    writer = Mutex(
      SpanSeriesWriter(
        appender: appender, exemplars: exemplars, watch: watch, metadata: metadata, logger: logger, start: time.now()))
    instruments = SpanMetricsInstruments()
  }

  /// Counts a batch. About a fifth of a microsecond a span; allocates only for what was not seen before.
  public func observe(_ batch: SpanBatch) {
    let now = second()
    tally.withLock { $0.observe(batch, now: now) }
  }

  /// Seconds since the start, and one more: no time is 0.
  private func second() -> UInt32 { UInt32(clamping: (time.monotonic() - began).components.seconds + 1) }

  public var totals: SpanMetricsTotals { tally.withLock { $0.currentTotals } }

  /// Writes samples each interval until the service is stopped, and once more then. Series are not marked stale: a restart goes on
  /// with them.
  public func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while true {
        try await self.time.sleep(for: max(self.configuration.interval, .milliseconds(10)))
        self.collect()
      }
    }
    collect()
  }

  /// Rows that are read at one go, while spans wait.
  private static let rowsAtOnce = 128

  /// Writes one sample of each series.
  func collect() {
    let now = second()
    writer.withLock { writer in
      writer.begin(at: time.now())
      writer.end(tally.withLock { $0.expire(now: now) })
      var position = 0
      while true {
        let readings = tally.withLock { $0.readOperations(position..<position + Self.rowsAtOnce) }
        if readings.isEmpty { break }
        writer.write(readings) { key in tally.withLock { $0.operationLabels(key) } }
        position += readings.count
      }
      position = 0
      while true {
        let readings = tally.withLock { $0.readEdges(position..<position + Self.rowsAtOnce) }
        if readings.isEmpty { break }
        writer.write(readings) { key in tally.withLock { $0.edgeLabels(key) } }
        position += readings.count
      }
    }
    instruments.note(totals)
  }
}

/// Skep's own metrics about these series.
private final class SpanMetricsInstruments: Sendable {
  private let operationSeries = Gauge(label: "skep_span_metrics_series", dimensions: [("of", "operations")])
  private let edgeSeries = Gauge(label: "skep_span_metrics_series", dimensions: [("of", "edges")])
  private let spans = Counter(label: "skep_span_metrics_spans_total")
  private let repeated = Counter(label: "skep_span_metrics_repeated_spans_total")
  private let overflowed = Counter(label: "skep_span_metrics_overflowed_total")
  private let unpaired = Counter(label: "skep_span_metrics_unpaired_spans_total")
  private let last = Mutex(SpanMetricsTotals())

  func note(_ totals: SpanMetricsTotals) {
    operationSeries.record(totals.operationSeries)
    edgeSeries.record(totals.edgeSeries)
    let before = last.withLock { last in
      defer { last = totals }
      return last
    }
    spans.increment(by: totals.spans - before.spans)
    repeated.increment(by: totals.repeated - before.repeated)
    overflowed.increment(by: totals.overflowed - before.overflowed)
    unpaired.increment(by: totals.unpaired - before.unpaired)
  }
}

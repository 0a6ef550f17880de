public import CoreMetrics
import Synchronization

/// A swift-metrics back end that renders what it was told as Prometheus text or OpenMetrics.
///
/// ```swift
/// let registry = MetricRegistry()
/// MetricsSystem.bootstrap(registry)
/// Counter(label: "agent_messages_sent_total", dimensions: [("peer", "coder")]).increment()
/// let body = registry.render(format: .prometheusText)
/// ```
///
/// - Counters get the suffix `_total`, timers become histograms in seconds with the suffix `_seconds`, aggregating
///   recorders become histograms, meters and other recorders gauges. Suffixes that are there already are kept.
/// - The same label and dimensions always give the same series, whoever asks.
/// - Updating an instrument takes one or two atomic operations and no lock; making one takes the registry's lock.
/// - A label used for two types, and series beyond ``Options/maximumSeries``, are taken and thrown away; the counter
///   `metrics_series_dropped_total` says how often.
/// - Bodies are sorted, so that the same series always stand in the same order.
public final class MetricRegistry: MetricsFactory {
  public struct Options: Sendable {
    /// How many series (a histogram counts as one) are kept at most.
    public var maximumSeries = 10_000
    /// Upper bounds for timers, in seconds; from fast calls to slow model answers.
    public var timerBuckets: [Double] = [
      0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
    ]
    /// Upper bounds for aggregating recorders, whose unit is unknown.
    public var recorderBuckets: [Double] = [1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000, 100_000, 1_000_000]
    /// Whether to report this process's own `process_…` series.
    public var includesProcess = true
    /// Told once for each metric of which something is dropped, with the reason in words.
    public var onProblem: @Sendable (String) -> Void = { _ in }

    public init() {}
  }

  private let options: Options
  private let state = Mutex(RegistryState())
  private let complained = Mutex<Set<String>>([])
  private let dropped: [RegistryState.Refusal: CounterInstrument]
  private let process: ProcessInstruments?

  public init(options: Options = Options()) {
    self.options = options
    var dropped: [RegistryState.Refusal: CounterInstrument] = [:]
    var process: ProcessInstruments?
    state.withLock { state in
      state.help["metrics_series_dropped_total"] = "Attempts to make a series that were refused, by reason."
      for reason in RegistryState.Refusal.allCases {
        dropped[reason] = state.ownCounter("metrics_series_dropped_total", labels: "reason=\"\(reason.rawValue)\"")
      }
      if options.includesProcess { process = ProcessInstruments(in: &state) }
      // The registry's own series leave the bound to the program's.
      state.seriesCount = 0
    }
    self.dropped = dropped
    self.process = process
  }

  /// Everything as one body. O(series); allocates little but the body.
  public func render(format: ExpositionFormat) -> [UInt8] {
    process?.update()
    let sections = state.withLock { $0.layout() }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(lastSize.load(ordering: .relaxed) + 256)
    for section in sections {
      bytes += format == .openMetrics ? section.openMetricsHead : section.textHead
      for series in section.series { series.appendSamples(to: &bytes) }
    }
    if format == .openMetrics { bytes += "# EOF\n".utf8 }
    lastSize.store(bytes.count, ordering: .relaxed)
    return bytes
  }

  private let lastSize = Atomic<Int>(4096)

  /// The text after `# HELP` for the metric of that label, now and later.
  public func describe(_ label: String, help: String) {
    let name = MetricNames.metric(label)
    state.withLock { $0.describe(name, help: help) }
  }

  /// The upper bounds for histograms of that label that are made from now on: sorted, finite ones only, each once.
  public func useBuckets(_ bounds: [Double], for label: String) {
    let name = MetricNames.metric(label)
    state.withLock { $0.bounds[name] = Self.usable(bounds) }
  }

  // MARK: MetricsFactory

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    counter(label, dimensions) ?? IgnoringInstrument.shared
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    counter(label, dimensions) ?? IgnoringInstrument.shared
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    gauge(label, dimensions) ?? IgnoringInstrument.shared
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    if aggregate {
      return histogram(label, dimensions, suffix: "", bounds: options.recorderBuckets) ?? IgnoringInstrument.shared
    }
    return gauge(label, dimensions) ?? IgnoringInstrument.shared
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(label, dimensions, suffix: RegistryState.timerSuffix, bounds: options.timerBuckets)
      ?? IgnoringInstrument.shared
  }

  /// Removes the series. Others that hold the same series keep counting into nothing until they make it anew.
  public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
  public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
  public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
  public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

  // MARK: Making and dropping

  private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterInstrument? {
    instrument(.counter, MetricNames.metric(label), dimensions) { place, name, _ in
      CounterInstrument(place: place, sampleName: name)
    } as? CounterInstrument
  }

  private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeInstrument? {
    instrument(.gauge, MetricNames.metric(label), dimensions) { place, name, _ in
      GaugeInstrument(place: place, sampleName: name)
    } as? GaugeInstrument
  }

  private func histogram(
    _ label: String, _ dimensions: [(String, String)], suffix: String, bounds: [Double]
  ) -> HistogramInstrument? {
    let label = MetricNames.metric(label)
    let name = label.hasSuffix(suffix) ? label : label + suffix
    return instrument(.histogram, name, dimensions) { place, name, state in
      HistogramInstrument(
        place: place, sampleName: name, bounds: state.bounds[label] ?? state.bounds[name] ?? Self.usable(bounds))
    } as? HistogramInstrument
  }

  private func instrument(
    _ kind: RegistryState.Kind, _ name: String, _ dimensions: [(String, String)],
    make: (SeriesPlace, String, RegistryState) -> any Instrument
  ) -> (any Instrument)? {
    let labels = MetricNames.labelText(dimensions, reserved: kind == .histogram ? "le" : nil)
    let result = state.withLock {
      $0.instrument(kind, name: name, labels: labels, limit: options.maximumSeries, make: make)
    }
    switch result {
    case .success(let instrument): return instrument
    case .failure(let refusal):
      dropped[refusal.reason]?.increment(by: Int64(1))
      if complained.withLock({ $0.count < options.maximumSeries && $0.insert(name).inserted }) {
        options.onProblem(problem(kind, name, refusal))
      }
      return nil
    }
  }

  private func problem(_ kind: RegistryState.Kind, _ name: String, _ refusal: RegistryState.RefusalError) -> String {
    switch refusal.reason {
    case .limit:
      "metric \"\(name)\": new series dropped, since there are \(options.maximumSeries) already; "
        + "use fewer label values or raise maximumSeries"
    case .typeConflict:
      "metric \"\(name)\": dropped as \(kind.rawValue), since the name is taken by a "
        + "\(refusal.clash?.rawValue ?? "metric of another type"); rename one of them"
    }
  }

  private func remove(_ handler: Any) {
    guard let instrument = handler as? any Instrument else { return }
    state.withLock { $0.remove(instrument) }
  }

  private static func usable(_ bounds: [Double]) -> [Double] { Set(bounds.filter(\.isFinite)).sorted() }
}

extension RegistryState {
  /// A series of the registry itself, which no bound holds back.
  mutating func ownCounter(_ name: String, labels: String = "") -> CounterInstrument? {
    let made = instrument(.counter, name: name, labels: labels, limit: nil) { place, name, _ in
      CounterInstrument(place: place, sampleName: name)
    }
    return try? made.get() as? CounterInstrument
  }

  mutating func ownGauge(_ name: String) -> GaugeInstrument? {
    let made = instrument(.gauge, name: name, labels: "", limit: nil) { place, name, _ in
      GaugeInstrument(place: place, sampleName: name)
    }
    return try? made.get() as? GaugeInstrument
  }
}

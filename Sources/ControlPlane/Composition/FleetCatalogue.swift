import DeployPlan
import FleetModel
import Ingest
import PromQL

/// What series this fleet has, for the linter: names and labels of what was stored lately, types of what is said of them.
struct FleetCatalogue: LintOperations {
  let source: any SeriesSource
  let metadata: MetadataStore
  /// The least time between two samples of a collected series.
  let interval: Duration
  let now: @Sendable () -> Timestamp

  init(_ samples: SamplePath, system: FleetSystem, now: @escaping @Sendable () -> Timestamp) {
    self.init(
      source: samples.store, metadata: samples.metadata,
      interval: system.agents.compactMap(\.collectionInterval).reduce(samples.collectionInterval, min), now: now)
  }

  init(
    source: any SeriesSource, metadata: MetadataStore, interval: Duration, now: @escaping @Sendable () -> Timestamp
  ) {
    self.source = source
    self.metadata = metadata
    self.interval = interval
    self.now = now
  }

  /// A metric that was not there for so long counts as gone.
  static let window: Duration = .seconds(3 * 3600)

  func catalogue(for queries: [ParsedQuery]) async throws -> MetricCatalogue {
    let end = now()
    let start = end - Self.window
    let names = try await source.labelValues(of: LabelSet.metricName, [], from: start, through: end)
    var catalogue = MetricCatalogue(interval: interval)
    // With nothing stored, nothing is known.
    if names.isEmpty { return catalogue }
    for name in names {
      catalogue.metrics[name] = .init(type: metadata.type(ofSeries: name) ?? .unknown, labels: nil)
    }
    let asked = Set(queries.flatMap { $0.expression.selectors.compactMap(\.metricName) })
    for name in asked where catalogue.metrics[name] != nil {
      try Task.checkCancellation()
      let labels = try await source.labelNames(
        [LabelMatcher(LabelSet.metricName, .equal, name)], from: start, through: end)
      catalogue.metrics[name]?.labels = Set(labels).subtracting([LabelSet.metricName])
    }
    // Rules record these once there is an alert.
    for name in ["ALERTS", "ALERTS_FOR_STATE"] where catalogue.metrics[name] == nil {
      catalogue.metrics[name] = .init(type: .gauge, labels: nil)
    }
    return catalogue
  }
}

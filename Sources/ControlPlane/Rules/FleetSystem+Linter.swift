public import DeployPlan
import FleetModel
import Ingest
public import PromQL

extension FleetSystem {
  /// Lints expressions by what the system file alone tells: the collection interval, and the metrics that Skep itself makes. What
  /// its agents serve is not known, so nothing is said of names.
  public var expressionLinter: ExpressionLinter {
    let own = MetadataStore().types()
    return ExpressionLinter(
      catalogue: MetricCatalogue(
        metrics: own.mapValues { MetricCatalogue.Metric(type: $0, labels: nil) }, isComplete: false,
        interval: agents.compactMap(\.collectionInterval).reduce(monitoring.collectionInterval, min)))
  }
}

import FleetModel
import PromQL

/// What `/api/v1/features` says: areas, and in each what can be done, under the names of Prometheus' own registry
/// (`util/features`, and the places that register).
enum PrometheusFeatures {
  static func all(keepsExemplars: Bool) -> JSONValue {
    [
      "api": flags([
        "admin": true, "exclude_alerts": true, "label_values_match": true, "lifecycle": false,
        "otlp_write_receiver": false, "query_stats": true, "query_warnings": true, "remote_write_receiver": true,
        "time_range_labels": true, "time_range_series": true,
      ]),
      "promql": flags([
        "at_modifier": true, "bool": true, "by": true, "group_left": true, "group_right": true, "ignoring": true,
        "negative_offset": true, "offset": true, "on": true, "per_query_lookback_delta": true, "subqueries": true,
        "without": true,
      ]),
      "promql_functions": flags(Function.all.mapValues { !$0.isExperimental }),
      "promql_operators": flags(operators),
      "rules": flags(["keep_firing_for": true, "query_offset": true]),
      "service_discovery_providers": flags(["file": true]),
      "tsdb": flags(["exemplar_storage": keepsExemplars]),
    ]
  }

  private static var operators: [String: Bool] {
    var operators: [String: Bool] = ["@": true]
    for matcher in LabelMatcher.Operation.allCases where matcher != .equal { operators[matcher.rawValue] = true }
    for binary in BinaryOperator.allCases { operators[binary.rawValue] = true }
    for aggregator in Aggregator.allCases { operators[aggregator.rawValue] = !aggregator.isExperimental }
    return operators
  }

  private static func flags(_ flags: [String: Bool]) -> JSONValue {
    .object(flags.sorted { $0.key < $1.key }.map { JSONValue.Member(key: $0.key, value: .bool($0.value)) })
  }
}

import FleetModel
import Ingest
import PromQL

/// What metrics mean: `/api/v1/metadata`, `/api/v1/targets/metadata`.
struct MetadataRoutes: Sendable {
  var operations: any StatusOperations

  var routes: [APIRoute] { [metadata, targetMetadata] }

  private var metadata: APIRoute {
    PrometheusRoutes.get(
      path: "/api/v1/metadata", operationID: "metricMetadata", summary: "Type, help and unit of metric families",
      parameters: [
        .init(name: "limit", kind: .text, summary: "How many families at most"),
        .init(name: "limit_per_metric", kind: .text, summary: "How many descriptions of one family at most"),
        .init(name: "metric", kind: .text, summary: "The only family that is asked for"),
      ]
    ) { [operations] request in
      let limit = try request.form.integer("limit") ?? -1
      let perMetric = try request.form.integer("limit_per_metric") ?? -1
      let families = operations.metadata.families(named: request.form["metric"]).sorted { $0.key < $1.key }
      let shown = limit >= 0 ? families.prefix(limit) : families[...]
      return .prometheus(
        .object(
          shown.map { name, descriptions in
            let some = perMetric > 0 ? descriptions.prefix(perMetric) : descriptions[...]
            return JSONValue.Member(key: name, value: .array(some.map { .object(Self.members(of: $0)) }))
          }))
    }
  }

  private var targetMetadata: APIRoute {
    PrometheusRoutes.get(
      path: "/api/v1/targets/metadata", operationID: "targetMetadata",
      summary: "What each instance says of its metrics",
      parameters: [
        .init(name: "match_target", kind: .text, summary: "A selector of the instances' labels"),
        .init(name: "metric", kind: .text, summary: "The only family that is asked for"),
        .init(name: "limit", kind: .text, summary: "How many entries at most"),
      ]
    ) { [operations] request in
      let limit = try request.form.integer("limit") ?? -1
      let metric = request.form["metric"]
      let conditions = try request.form["match_target"].map { try Self.conditions($0) }
      var entries: [JSONValue] = []
      for target in operations.targets() {
        if limit >= 0, entries.count >= limit { break }
        let labels = target.labels
        if let conditions, !conditions.match({ labels[$0] ?? "" }) { continue }
        let snapshot = target.instance.target
        let families = operations.metadata.families(
          of: snapshot.agentID, instance: snapshot.instance, named: metric)
        for family in families {
          if limit >= 0, entries.count >= limit { break }
          var members: [JSONValue.Member] = [.init(key: "target", value: .labels(labels))]
          // Whoever asks for one metric knows its name: Prometheus leaves it out then.
          if metric == nil { members.append(.init(key: "metric", value: .string(family.name))) }
          entries.append(.object(members + Self.members(of: family.metadata)))
        }
      }
      return .prometheus(.array(entries))
    }
  }

  private static func members(of metadata: MetricMetadata) -> [JSONValue.Member] {
    [
      .init(key: "type", value: .string(metadata.type.rawValue)), .init(key: "help", value: .string(metadata.help)),
      .init(key: "unit", value: .string(metadata.unit)),
    ]
  }

  private static func conditions(_ selector: String) throws(PrometheusError) -> LabelConditions {
    do {
      return try LabelConditions(try VectorSelector(parsing: selector).matchers)
    } catch {
      throw .invalid("match_target", "\(error)")
    }
  }
}

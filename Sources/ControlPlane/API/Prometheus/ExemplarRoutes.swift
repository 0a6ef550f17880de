import FleetModel
import PromQL

/// `/api/v1/query_exemplars`: the exemplars of all series that the selectors of an expression name (`web/api/v1/api.go`,
/// `queryExemplars`).
struct ExemplarRoutes: Sendable {
  var operations: any QueryOperations

  var routes: [APIRoute] {
    PrometheusRoutes.both(
      path: "/api/v1/query_exemplars", operationID: "queryExemplars",
      summary: "The exemplars of the series that the selectors of a query name", takesLong: true,
      parameters: [
        .init(name: "query", kind: .text, summary: "PromQL"),
        .init(name: "start", kind: .text, summary: "RFC 3339 or seconds"),
        .init(name: "end", kind: .text, summary: "RFC 3339 or seconds"),
      ]
    ) { [operations] request in
      let form = request.form
      let start = try form.time("start", or: FormFields.earliest)
      let end = try form.time("end", or: FormFields.latest)
      if end < start { throw PrometheusError(.badData, "end timestamp must not be before start timestamp") }
      let query: ParsedQuery
      do throws(ParseError) { query = try ParsedQuery(form["query"] ?? "") } catch {
        throw PrometheusError(.badData, "\(error)")
      }
      let selectors = query.expression.selectors.map(\.matchers)
      return try await operations.run(query.text, within: nil) { turn in
        let found: [SeriesExemplars]
        do {
          found = try operations.exemplars.exemplars(matchingAny: selectors, from: start, through: end)
        } catch {
          throw PrometheusError(.execution, "\(error)")
        }
        try turn.check()
        return .prometheus { $0.write(found) }
      }
    }
  }
}

extension PrometheusJSON {
  /// As `web/api/v1/json_codec.go`, `marshalExemplarJSON` writes them.
  fileprivate mutating func write(_ found: [SeriesExemplars]) {
    list(found) { json, one in
      json.raw("{\"seriesLabels\":")
      json.labels(one.labels)
      json.raw(",\"exemplars\":")
      json.list(one.exemplars) { json, exemplar in
        json.raw("{\"labels\":")
        json.labels(exemplar.labels)
        json.raw(",\"value\":")
        json.value(exemplar.value)
        json.raw(",\"timestamp\":")
        json.time((exemplar.time ?? FormFields.earliest).milliseconds)
        json.raw("}")
      }
      json.raw("}")
    }
  }
}

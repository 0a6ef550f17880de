import FleetModel
import PromQL

/// Queries: `/api/v1/query` and `/api/v1/query_range`, and what there is to know of a query without running it.
struct QueryRoutes: Sendable {
  var operations: any QueryOperations

  var routes: [APIRoute] { instant + range + ExemplarRoutes(operations: operations).routes + formatted + tree }

  private static func parameter(_ name: String, _ summary: String) -> APIRoute.Parameter {
    APIRoute.Parameter(name: name, kind: .text, summary: summary)
  }

  private static let common = [
    parameter("query", "PromQL"), parameter("timeout", "A duration; at most the server's own limit"),
    parameter("limit", "How many series at most"), parameter("lookback_delta", "How far back samples count"),
    parameter("stats", "Anything for what the query took; all for the samples of each step too"),
  ]

  private var instant: [APIRoute] {
    PrometheusRoutes.both(
      path: "/api/v1/query", operationID: "query", summary: "The value of an expression at one time", takesLong: true,
      parameters: Self.common + [Self.parameter("time", "RFC 3339 or seconds; now by default")]
    ) { [operations] request in
      let form = request.form
      let limit = try form.limit()
      let time = try form.time("time", or: operations.now())
      let asked = try AskedQuery(form, limits: operations.limits)
      return try await operations.run(asked.query.text, within: asked.timeout) { turn in
        try await asked.answer(turn, operations.source, limit: limit) { source throws(QueryError) in
          try await asked.engine.instant(asked.query, at: time, source: source, isOverdue: turn.isOverdue)
        }
      }
    }
  }

  private var range: [APIRoute] {
    PrometheusRoutes.both(
      path: "/api/v1/query_range", operationID: "queryRange", summary: "The values of an expression over a time",
      takesLong: true,
      parameters: Self.common + [
        Self.parameter("start", "RFC 3339 or seconds"), Self.parameter("end", "RFC 3339 or seconds"),
        Self.parameter("step", "A duration or seconds"),
      ]
    ) { [operations] request in
      let form = request.form
      let limit = try form.limit()
      let start = try form.time("start")
      let end = try form.time("end")
      if end < start { throw PrometheusError.invalid("end", "end timestamp must not be before start time") }
      let step = try form.step()
      if ((end - start) / step).rounded(.down) > Double(operations.limits.points) {
        throw PrometheusError(
          .badData,
          "exceeded maximum resolution of \(Self.grouped(operations.limits.points)) points per timeseries. "
            + "Try decreasing the query resolution (?step=XX)")
      }
      let asked = try AskedQuery(form, limits: operations.limits)
      try asked.checkRange()
      return try await operations.run(asked.query.text, within: asked.timeout) { turn in
        try await asked.answer(turn, operations.source, limit: limit) { source throws(QueryError) in
          try await asked.engine.range(
            asked.query, from: start, through: end, step: step, source: source, isOverdue: turn.isOverdue)
        }
      }
    }
  }

  /// `11,000`.
  private static func grouped(_ number: Int) -> String {
    guard number >= 1000 else { return "\(number)" }
    return "\(number / 1000)," + String(number % 1000 + 1000).dropFirst()
  }

  private var formatted: [APIRoute] {
    PrometheusRoutes.both(
      path: "/api/v1/format_query", operationID: "formatQuery", summary: "A query in its canonical form",
      parameters: [Self.parameter("query", "PromQL")]
    ) { request in
      let query = try Self.parsed(request.form)
      return .prometheus { $0.string(query.expression.formatted) }
    }
  }

  private var tree: [APIRoute] {
    PrometheusRoutes.both(
      path: "/api/v1/parse_query", operationID: "parseQuery", summary: "The syntax tree of a query",
      parameters: [Self.parameter("query", "PromQL")]
    ) { request in
      let query = try Self.parsed(request.form)
      return .prometheus(SyntaxTree.json(of: query.expression))
    }
  }

  private static func parsed(_ form: FormFields) throws(PrometheusError) -> ParsedQuery {
    do throws(ParseError) { return try ParsedQuery(form["query"] ?? "") } catch {
      throw .invalid("query", "\(error)")
    }
  }
}

/// A query as a request asks it.
struct AskedQuery: Sendable {
  var engine: QueryEngine
  var query: ParsedQuery
  var timeout: Duration?
  /// What the request says to tell of the query's cost.
  var statistics: String

  init(_ form: FormFields, limits: QueryLimits) throws(PrometheusError) {
    timeout = try form.duration("timeout")
    statistics = form["stats"] ?? ""
    var options = EngineOptions()
    options.maximumSamples = limits.samples
    options.countsSamples = !statistics.isEmpty
    options.spread = limits.spread
    options.lookback = (try form.lookback() ?? limits.lookback).wholeMilliseconds
    engine = QueryEngine(options: options)
    do throws(QueryError) { query = try engine.parse(form["query"] ?? "") } catch { throw PrometheusError(error) }
  }

  /// - Throws: ``PrometheusError`` if the expression gives no value at each step.
  func checkRange() throws(PrometheusError) {
    let type = query.expression.type
    if type == .scalar || type == .vector { return }
    throw .invalid(
      "query", "invalid expression type \"\(type.rawValue)\" for range query, must be Scalar or instant Vector")
  }

  /// Runs the query and writes its answer, on the thread that the turn is for.
  func answer(
    _ turn: QueryTurn, _ source: any SeriesSource, limit: Int?,
    _ evaluate: (TimedSource) async throws(QueryError) -> QueryOutcome
  ) async throws(PrometheusError) -> APIResponse {
    let started = turn.monotonic()
    let source = TimedSource(source, monotonic: turn.monotonic)
    var outcome: QueryOutcome
    do throws(QueryError) { outcome = try await evaluate(source) } catch { throw PrometheusError(error) }
    let evaluated = turn.monotonic()
    let isTruncated = limit.map { outcome.value.truncate(to: $0) } ?? false
    var warnings = Self.first(outcome.annotations.texts(.warning, in: query.text), "warning")
    if isTruncated { warnings.append(PrometheusRoutes.truncated) }
    let infos = Self.first(outcome.annotations.texts(.info, in: query.text), "info")
    return .prometheus(capacity: outcome.value.estimatedBytes, warnings: warnings, infos: infos) { json in
      json.raw("{\"resultType\":\"")
      json.raw(outcome.value.typeName)
      json.raw("\",\"result\":")
      json.write(outcome.value)
      if !statistics.isEmpty {
        json.raw(",\"stats\":")
        let timings = QueryTimings(
          waited: turn.waited, fetching: source.elapsed, evaluation: evaluated - started, total: evaluated - turn.began)
        json.raw(timings.json(outcome.statistics, ofEachStep: statistics == "all").description)
      }
      json.raw("}")
    }
  }

  /// Prometheus names ten of each and counts the others.
  private static func first(_ texts: [String], _ kind: String) -> [String] {
    guard texts.count > 10 else { return texts }
    return texts.prefix(10) + ["\(texts.count - 10) more \(kind) annotations omitted"]
  }
}

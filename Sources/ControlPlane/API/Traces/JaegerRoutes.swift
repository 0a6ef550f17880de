import FleetModel
import HTTPTypes
import Platform
import Synchronization

/// Jaeger's query API, so that its own screens and Grafana's data source work.
struct JaegerRoutes: Sendable {
  var reader: any SpanReader
  var time: any TimeSource
  var bounds = JaegerTraces.Bounds()

  /// As far back as agents and operations are listed that nobody gave a range for.
  private static let listed: Duration = .seconds(30 * 86_400)
  /// Of `/api/dependencies`, where not given.
  private static let defaultLookback: Int64 = 86_400_000

  var routes: [APIRoute] { [services, operations, operationsOfService, traces, trace, dependencies] }

  private var recent: Range<Int64> {
    let now = time.now()
    return (now - Self.listed).nanoseconds..<(now + .seconds(86_400)).nanoseconds
  }

  private func route(
    _ path: String, _ id: String, _ summary: String, parameters: [APIRoute.Parameter] = [], takesLong: Bool = false,
    _ handle: @escaping @Sendable (APIRequest) async throws -> APIResponse
  ) -> APIRoute {
    APIRoute(
      method: .get, path: path, operationID: id, summary: summary + " (Jaeger)", access: .read, style: .jaeger,
      takesLong: takesLong, stopsWithClient: takesLong, parameters: parameters,
      answers: [.init(status: 200, summary: "Jaeger's answer", content: .json(schema: "JaegerAnswer"))],
      handle: { request in
        do { return try await handle(request) } catch let error as SpanStoreError {
          throw JaegerError(status: .serviceUnavailable, message: "\(error)", headers: [.retryAfter: "5"])
        }
      })
  }

  private func text(_ name: String, _ summary: String) -> APIRoute.Parameter {
    .init(name: name, kind: .texts, summary: summary)
  }

  private var services: APIRoute {
    route("/api/services", "jaegerServices", "The agents that have spans") { [reader] _ in
      let agents = try await reader.agents(during: recent)
      return JaegerJSON.answer(total: agents.count) { $0.strings(agents) }
    }
  }

  private var operations: APIRoute {
    route(
      "/api/operations", "jaegerOperations", "The operations of an agent and their kinds",
      parameters: [text("service", "The agent"), text("spanKind", "Only of this kind")]
    ) { [reader] request in
      guard let service = request.form["service"] else {
        throw JaegerError.badRequest("parameter 'service' is required")
      }
      let kind = request.form["spanKind"]
      let found = try await reader.operations(of: service, during: recent).filter {
        kind == nil || "\($0.kind)" == kind
      }
      return JaegerJSON.answer(total: found.count) { $0.operations(found) }
    }
  }

  private var operationsOfService: APIRoute {
    route("/api/services/{service}/operations", "jaegerOperationNames", "The names of an agent's operations") {
      [reader] request in
      let found = try await reader.operations(of: request.segment("service"), during: recent)
      let names = Set(found.map(\.name)).sorted()
      return JaegerJSON.answer(total: names.count) { $0.strings(names) }
    }
  }

  private var traces: APIRoute {
    route(
      "/api/traces", "jaegerTraces", "Search for traces, the most recent first",
      parameters: [
        text("service", "The agent of a span"), text("operation", "Its operation"),
        text("tags", "Its attributes: an object of strings"), text("tag", "One of its attributes, as key:value"),
        text("start", "Microseconds since 1970"), text("end", "Microseconds since 1970"),
        text("lookback", "Where start is not given, as long before end"), text("minDuration", "Such as 100ms"),
        text("maxDuration", "Such as 1.5s"), text("limit", "Traces at most; 100 where not given"),
        text("traceID", "These traces alone"),
      ], takesLong: true
    ) { [reader, time, bounds] request in
      var query = try JaegerQuery(request.form, now: time.now().nanoseconds)
      let limit = query.search.limit
      var ids = query.ids
      if ids.isEmpty {
        // Some of them may not fit in what the store does not look for.
        if query.kind != nil { query.search.limit = JaegerQuery.maximumLimit }
        ids = try await reader.search(query.search).map(\.traceID)
      }
      var answer = JaegerTraces(bounds: bounds)
      var read = 0
      for id in ids where answer.count < limit && !answer.isFull {
        try Task.checkCancellation()
        let spans = try await reader.spans(of: id)
        if !spans.isEmpty, !query.ids.isEmpty || query.fits(spans) { answer.add(spans) }
        if !answer.isFull { read += 1 }
      }
      return answer.answer(leftOut: ids.count - read)
    }
  }

  private var trace: APIRoute {
    route(
      "/api/traces/{trace_id}", "jaegerTrace", "One trace",
      parameters: [text("start", "Not heeded"), text("end", "Not heeded"), text("raw", "Not heeded")]
    ) { [reader] request in
      let spans = try await reader.spans(of: try JaegerQuery.traceID(request.segment("trace_id")))
      guard !spans.isEmpty else { throw JaegerError(status: .notFound, message: "trace not found") }
      var answer = JaegerTraces()
      answer.add(spans)
      return answer.answer()
    }
  }

  private var dependencies: APIRoute {
    route(
      "/api/dependencies", "jaegerDependencies", "Which agent calls which, and how often",
      parameters: [
        text("endTs", "Milliseconds since 1970; now where not given"),
        text("lookback", "Milliseconds before it; a day where not given"),
      ], takesLong: true
    ) { [reader, time] request in
      let end = try Self.milliseconds("endTs", request.form) ?? time.now().milliseconds
      let lookback = try Self.milliseconds("lookback", request.form) ?? Self.defaultLookback
      let range = max(0, end.subtractingReportingOverflow(lookback).partialValue)..<max(0, end)
      let first = Timestamp(milliseconds: range.lowerBound).nanoseconds
      let calls = AgentCalls()
      try await reader.outlines(
        matching: TraceQuery(range: first..<max(first, Timestamp(milliseconds: range.upperBound).nanoseconds))
      ) { outlines, names in calls.add(outlines, names) }
      let links = calls.links
      return JaegerJSON.answer(total: links.count) { $0.dependencies(links) }
    }
  }

  private static func milliseconds(_ name: String, _ form: FormFields) throws(JaegerError) -> Int64? {
    guard let text = form[name] else { return nil }
    guard let value = Int64(text), value >= 0 else {
      throw .badRequest("unable to parse param '\(name)': \"\(text.prefix(100))\" is not a number of milliseconds")
    }
    return value
  }
}

/// Counts the spans whose parent is another agent's, by both agents.
private final class AgentCalls: Sendable {
  private struct Pair: Hashable {
    var parent: String
    var child: String
  }

  private let counts = Mutex<[Pair: Int]>([:])

  func add(_ outlines: [TraceOutline], _ names: NameTable) {
    counts.withLock { counts in
      for outline in outlines {
        let agents = Dictionary(
          outline.spans.map { ($0.spanID.rawValue, $0.agent) }, uniquingKeysWith: { first, _ in first })
        for span in outline.spans {
          guard let parent = agents[span.parent], parent != span.agent else { continue }
          counts[Pair(parent: names[parent], child: names[span.agent]), default: 0] += 1
        }
      }
    }
  }

  var links: [(parent: String, child: String, calls: Int)] {
    counts.withLock { $0.map { ($0.key.parent, $0.key.child, $0.value) } }
      .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
  }
}

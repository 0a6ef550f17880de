import FleetModel
import TraceAnalysis

/// What many traces say together: what requests wait for, who calls whom, what changed, where the context is lost, what it cost.
struct FleetTraceRoutes: Sendable {
  var operations: any TraceOperations

  var routes: [APIRoute] { [criticalPath, callGraph, compare, audit, usage] }

  private func route<Message: Encodable & Sendable>(
    _ path: String, id: String, schema: String, parameters: [APIRoute.Parameter] = [], summary: String,
    isLong: Bool = false,
    _ answer: @escaping @Sendable (APIRequest, TraceQuery, any TraceOperations) async throws -> Message
  ) -> APIRoute {
    APIRoute(
      method: .get, path: path, operationID: id, summary: summary, access: .read, takesLong: true,
      stopsWithClient: true, parameters: TraceQuery.parameters + parameters,
      answers: [.init(status: 200, summary: "What was found", content: .json(schema: schema))]
    ) { [operations] request in
      let query = try TraceQuery(request, now: operations.now())
      return try await TraceRoutes.answer {
        if isLong { return try await operations.runLong { try await answer(request, query, operations) } }
        return try await operations.run { try await answer(request, query, operations) }
      }
    }
  }

  private var criticalPath: APIRoute {
    route(
      "/fleet/v1/critical-path", id: "fleetCriticalPath", schema: "FleetCriticalPath",
      parameters: [.init(name: "limit", kind: .integer(1...2_001, default: 50), summary: "How many operations")],
      summary: "What the requests that began in a window waited for, who determines p50 and p95, and what-ifs"
    ) { request, query, operations in
      let path = try await operations.accumulate(FleetCriticalPath(), over: query) { $0.add($1, names: $2) }
      let findings = try path.findings { try Task.checkCancellation() }
      return FleetAPI.FleetCriticalPath(findings, range: query.range, limit: request.integer("limit") ?? 50)
    }
  }

  private var callGraph: APIRoute {
    route(
      "/fleet/v1/call-graph", id: "callGraph", schema: "CallGraph",
      summary: "Which agent calls which, with rates, errors and latency, in traces that began in a window"
    ) { _, query, operations in
      let graph = try await operations.accumulate(CallGraph(), over: query) { $0.add($1, names: $2) }
      return FleetAPI.CallGraph(graph, range: query.range)
    }
  }

  private var compare: APIRoute {
    route(
      "/fleet/v1/traces/compare", id: "compareTraces", schema: "TraceComparison",
      parameters: [
        .init(
          name: "baseline_end", kind: .text,
          summary:
            "RFC 3339; where the window to compare with ends, which is as long; the start of the other by default"),
        .init(
          name: "baseline_attribute", kind: .texts,
          summary: "In place of attribute in the window to compare with, such as service.version=1.2"),
      ],
      summary: "What changed between two windows, or two deployments, by agent and operation, beyond noise"
    ) { request, query, operations in
      var baseline = query
      let end: Int64
      if let given = try request.moment("baseline_end") {
        end = given
      } else {
        // Two deployments run side by side; two windows follow each other.
        end = request.form.all("baseline_attribute").isEmpty ? query.range.lowerBound : query.range.upperBound
      }
      baseline.range = max(0, end &- Int64(query.range.count))..<end
      if !request.form.all("baseline_attribute").isEmpty {
        baseline.attributes = try request.attributes("baseline_attribute")
      }
      let before = try await operations.accumulate(TrafficProfile(), over: baseline) { $0.add($1, names: $2) }
      let after = try await operations.accumulate(TrafficProfile(), over: query) { $0.add($1, names: $2) }
      return FleetAPI.TraceComparison(
        TrafficComparison(
          before: before, after: after, lengths: (Int64(baseline.range.count), Int64(query.range.count))),
        before: (baseline.range, before), after: (query.range, after))
    }
  }

  private var audit: APIRoute {
    route(
      "/fleet/v1/trace-audit", id: "auditTraces", schema: "TraceAudit",
      parameters: [
        .init(
          name: "confidence", kind: .choice(["low", "medium", "high"], default: "medium"),
          summary: "Only edges about which it is at least so sure")
      ],
      summary:
        "Which edges between agents lose the trace context, and how that is known; agent_id selects edges, not traces",
      isLong: true
    ) { request, query, operations in
      // A filter of traces would leave out one half of each split request, and so hide the losses.
      let all = TraceQuery(range: query.range)
      var edges = all
      (edges.agent, edges.limit) = (query.agent, query.limit)
      guard query == edges else {
        throw APIError(
          .invalidRequest,
          "an audit reads all traces of its window; leave out operation, status, attribute, min_duration and "
            + "max_duration (agent_id selects the edges of an agent)")
      }
      let audit = try await operations.accumulate(
        TraceAudit(now: operations.now().nanoseconds), over: all, begun: false
      ) { $0.add($1, names: $2) }
      let confidence = request.text("confidence").flatMap(AuditFindings.Confidence.init) ?? .medium
      var findings = try audit.findings { try Task.checkCancellation() }
      if let agent = query.agent { findings.edges.removeAll { $0.caller != agent && $0.callee != agent } }
      return FleetAPI.TraceAudit(findings, range: query.range, atLeast: confidence)
    }
  }

  private var usage: APIRoute {
    route(
      "/fleet/v1/usage", id: "tokenUsage", schema: "TokenUsage",
      parameters: [.init(name: "limit", kind: .integer(1...10_000, default: 50), summary: "How many conversations")],
      summary:
        "Tokens and what they cost, counted once, by agent, model and conversation, of traces that began in a window"
    ) { request, query, operations in
      let ledger = try await operations.accumulate(TokenLedger(prices: operations.prices), over: query) {
        $0.add($1, names: $2)
      }
      return FleetAPI.TokenUsage(ledger, range: query.range, limit: request.integer("limit") ?? 50)
    }
  }
}

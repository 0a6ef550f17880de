import FleetModel
import HTTPTypes
import TraceAnalysis

/// Traces: which there are, what is in one, and what it means.
struct TraceRoutes: Sendable {
  var operations: any TraceOperations

  /// All routes that read traces for `/fleet/v1`.
  static func all(_ operations: any TraceOperations) -> [APIRoute] {
    TraceRoutes(operations: operations).routes + FleetTraceRoutes(operations: operations).routes
  }

  var routes: [APIRoute] { [list, show, analysis] }

  private var list: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/traces", operationID: "listTraces",
      summary: "Traces with a span that fits, the most recent first", access: .read, takesLong: true,
      stopsWithClient: true,
      parameters: TraceQuery.parameters + [
        .init(name: "limit", kind: .integer(1...1_000, default: 20), summary: "How many at most")
      ],
      answers: [.init(status: 200, summary: "The traces", content: .json(schema: "TraceList"))]
    ) { [operations] request in
      var query = try TraceQuery(request, now: operations.now())
      query.limit = request.integer("limit") ?? 20
      let asked = query
      return try await Self.answer {
        FleetAPI.TraceList(traces: try await operations.reader.searchRequests(asked).map(FleetAPI.TraceSummary.init))
      }
    }
  }

  private var show: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/traces/{trace_id}", operationID: "trace",
      summary: "All spans of a trace, by start",
      access: .read, answers: [.init(status: 200, summary: "The spans", content: .json(schema: "Trace"))]
    ) { [operations] request in
      let trace = try request.traceID()
      return try await Self.answer {
        let spans = try await operations.reader.spans(of: trace)
        if spans.isEmpty { throw AnalysisError.traceNotFound }
        return FleetAPI.Trace(traceID: "\(trace)", spans: spans.map(FleetAPI.Span.init))
      }
    }
  }

  private var analysis: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/traces/{trace_id}/analysis", operationID: "analyseTrace",
      summary: "Who took part in a trace, its critical path, and what it would take if an operation were faster",
      access: .read, takesLong: true, stopsWithClient: true,
      parameters: [.init(name: "tree", kind: .flag, summary: "Also say where every span stands, depth first")],
      answers: [.init(status: 200, summary: "The analysis", content: .json(schema: "TraceAnalysis"))]
    ) { [operations] request in
      let trace = try request.traceID()
      let hasTree = request.flag("tree")
      return try await Self.answer {
        let spans = try await operations.reader.spans(of: trace)
        let now = operations.now().nanoseconds
        return try await operations.run {
          var names = NameTable()
          guard let outline = TraceOutline(spans, names: &names) else { throw AnalysisError.traceNotFound }
          let report = try TraceReport(outline, names: names, asOf: now)
          var analysis = FleetAPI.TraceAnalysis(report, prices: operations.prices, hasTree: hasTree)
          analysis.deployment = report.tree.spans.map(\.start).min().flatMap {
            operations.deployment(at: Timestamp(nanoseconds: $0))
          }.map { FleetAPI.TraceAnalysis.DeploymentInForce($0, agents: Set(analysis.agentParticipation.keys)) }
          return analysis
        }
      }
    }
  }

  /// - Throws: ``APIError`` for whatever goes wrong.
  static func answer(_ body: () async throws -> some Encodable) async throws -> APIResponse {
    do { return try .json(try await body()) } catch is CancellationError {
      throw APIError(.unavailable, "Skep is stopping", headers: [.retryAfter: "5"])
    } catch let error as APIError {
      throw error
    } catch AnalysisError.traceNotFound {
      throw APIError(.notFound, "\(AnalysisError.traceNotFound)")
    } catch AnalysisError.noCompletedSpans {
      throw APIError(.conflict, "\(AnalysisError.noCompletedSpans)")
    } catch let error as SpanStoreError {
      throw APIError(.unavailable, "\(error)", headers: [.retryAfter: "5"])
    }
  }
}

import FleetModel
import HTTPTypes
import Ingest
import Platform

/// The plain way of spans in: start, finish, and what is running now.
struct SpanRoutes: Sendable {
  var intake: SpanIntake
  var time: any TimeSource

  /// Of one message.
  static let maximumErrors = 20

  static let example: JSONValue = [
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7", "operation": "invoke_agent planner",
    "agent_id": "planner", "start_time": "2026-11-23T01:02:03.004Z",
    "metadata": ["gen_ai.operation.name": "invoke_agent"],
  ]

  var routes: [APIRoute] { [post, finish, list] }

  private var post: APIRoute {
    APIRoute(
      method: .post, path: "/fleet/v1/spans", operationID: "postSpans",
      summary: "Start a span, or send one that has ended; one or an array. One without end_time is in flight",
      access: .agent,
      body: APIRoute.Body(
        schema: "SpanMessages", example: Self.example, maximumBytes: intake.limits.bodyBytes,
        option: "limits.body_size"),
      answers: [
        .init(
          status: 201, summary: "Those named under spans are taken, the others not",
          content: .json(schema: "SpansTaken"))
      ]
    ) { [intake, time] request in
      guard let body = request.body else {
        throw APIError(.invalidRequest, "the body is empty; send a span such as \(Self.example)")
      }
      let documents = if case .array(let elements) = body { elements } else { [body] }
      var random = SystemRandomNumberGenerator()
      let now = time.now().nanoseconds
      var spans: [Span] = []
      var errors: [String] = []
      for (index, document) in documents.enumerated() {
        do throws(APIError) { spans.append(try Span(document: document, now: now, using: &random)) } catch {
          errors.append(documents.count == 1 ? error.message : "[\(index)]: \(error.message)")
        }
      }
      var outcome = SpanOutcome()
      if !spans.isEmpty {
        guard let batch = SpanBatch(spans) else { throw APIError(.payloadTooLarge, "the spans have more than 4 GiB") }
        do throws(SpanRefusal) { outcome = try await intake.take(batch, from: request.principal.scope) } catch {
          throw APIError(error)
        }
      }
      if let first = outcome.firstRefusal { errors.append(first) }
      let rejected = documents.count - outcome.taken
      guard outcome.taken > 0 || documents.isEmpty else {
        let isForbidden = outcome.refused.keys.contains(.forbidden) && outcome.refused.count == 1
        throw APIError(
          isForbidden ? .forbidden : .invalidRequest, errors.first ?? "",
          details: Array(errors.prefix(Self.maximumErrors)))
      }
      let refused = Set(outcome.refusedPositions)
      let taken = spans.enumerated().filter { !refused.contains($0.offset) }.map(\.element)
      return try .json(
        FleetAPI.SpansTaken(
          accepted: outcome.taken, rejected: rejected, errors: Array(errors.prefix(Self.maximumErrors)),
          spans: taken.map { FleetAPI.SpanName(traceID: "\($0.traceID)", spanID: "\($0.spanID)") }),
        status: .created)
    }
  }

  private var finish: APIRoute {
    APIRoute(
      method: .post, path: "/fleet/v1/spans/{span_id}/finish", operationID: "finishSpan",
      summary: "End a span in flight; further metadata is merged into it", access: .agent,
      body: APIRoute.Body(
        schema: "SpanFinish", example: ["status": "completed", "metadata": ["gen_ai.usage.output_tokens": 120]],
        isRequired: false),
      answers: [.init(status: 200, summary: "The span as it ended", content: .json(schema: "Span"))]
    ) { [intake] request in
      guard let span = SpanID(request.segment("span_id")) else {
        throw APIError(
          .invalidRequest,
          "\"\(request.segment("span_id").prefix(100))\" is not a span's id; it has 16 hex digits, not all zero")
      }
      let finish = try SpanFinish(document: request.body)
      do throws(SpanRefusal) {
        let ended = try await intake.finish(
          span, of: finish.trace, at: finish.end, state: finish.state, statusMessage: finish.statusMessage,
          attributes: finish.attributes, from: request.principal.scope)
        return try FleetAPI.Span(ended).response
      } catch {
        throw APIError(error)
      }
    }
  }

  private var list: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/spans", operationID: "listSpans",
      summary: "Spans in flight: started, neither ended nor lost", access: .read,
      parameters: [
        .init(name: "state", kind: .choice(["active"], default: "active"), summary: "Which spans"),
        .init(name: "agent_id", kind: .text, summary: "Only of this agent"),
        .init(name: "limit", kind: .integer(1...10_000, default: 1_000), summary: "The oldest so many"),
      ],
      answers: [.init(status: 200, summary: "The spans, the oldest first", content: .json(schema: "OpenSpanList"))]
    ) { [intake, time] request in
      let agent = request.text("agent_id")
      let open = await intake.openSpans().filter { agent == nil || $0.agent == agent }
      let now = time.now().nanoseconds
      return try .json(
        FleetAPI.OpenSpanList(
          total: open.count,
          spans: open.prefix(request.integer("limit") ?? 1_000).map { FleetAPI.OpenSpan($0, now: now) }))
    }
  }
}

extension APIError {
  init(_ refusal: SpanRefusal) {
    switch refusal {
    case .storage(let problem): self.init(.unavailable, problem, headers: [.retryAfter: "5"])
    case .forbidden(let problem): self.init(.forbidden, problem)
    case .unknown(let problem): self.init(.notFound, problem)
    case .finished(let problem): self.init(.conflict, problem)
    case .malformed(let problem): self.init(.invalidRequest, problem)
    }
  }
}

extension FleetAPI.Span {
  /// As an answer. Strings and numbers always encode.
  fileprivate var response: APIResponse {
    get throws(SpanRefusal) {
      do { return try .json(self) } catch { throw .malformed("the span cannot be written as JSON: \(error)") }
    }
  }
}

import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import SkepAgent

/// The requests that a team member answers besides those of every agent.
struct TeamRoutes: Sendable {
  let member: TeamMember
  let misbehaviour: MisbehaviourSwitch

  func add(to router: Router<BasicRequestContext>) {
    router.add(middleware: HangMiddleware(misbehaviour: misbehaviour))
    router.post("/work") { request, _ in try await work(request) }
    router.get("/misbehave") { _, _ in active() }
    router.post("/misbehave/off") { _, _ in
      misbehaviour.endAll()
      return active()
    }
    router.post("/misbehave/:kind") { request, context in
      let query = request.uri.queryParameters
      let kind = context.parameters.get("kind") ?? ""
      do throws(MisbehaviourPlan.BadOrder) {
        try misbehaviour.order(kind, rate: query["rate"].map(String.init), duration: query["for"].map(String.init))
      } catch {
        return try Self.json(.badRequest, ErrorBody(error: .init(code: "bad_order", message: error.reason)))
      }
      return active()
    }
  }

  /// Takes `{"task": …}` or an empty body, and answers when the work is done by everyone.
  private func work(_ request: Request) async throws -> Response {
    let sender = request.headers[HTTPField.Name.agentID]
    member.metrics.received(from: sender)
    var request = request
    let body = try await request.collectBody(upTo: 1 << 16)
    var order = WorkOrder(task: "a question")
    if body.readableBytes > 0 {
      do {
        order = try JSONDecoder().decode(WorkOrder.self, from: Data(body.readableBytesView))
      } catch {
        return try Self.json(
          .badRequest,
          ErrorBody(error: .init(code: "bad_request", message: "the body must be such as {\"task\": \"…\"}")))
      }
    }
    if misbehaviour.strikes(.fail) {
      member.metrics.ended(member.settings.role.operation, succeeded: false, after: .zero)
      return try Self.json(.internalServerError, ErrorBody(error: .init(code: "failing", message: "told to fail")))
    }
    do {
      return try Self.json(.ok, try await member.perform(order))
    } catch let failure as WorkFailure {
      return try Self.json(.serviceUnavailable, ErrorBody(error: .init(code: "failed", message: "\(failure)")))
    }
  }

  private func active() -> Response {
    let list = ["active": misbehaviour.active]
    return (try? Self.json(.ok, list)) ?? Response(status: .internalServerError)
  }

  private struct ErrorBody: Encodable {
    struct Problem: Encodable {
      let code: String
      let message: String
    }
    let error: Problem
  }

  private static func json(_ status: HTTPResponse.Status, _ value: some Encodable) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return Response(
      status: status, headers: [.contentType: "application/json"],
      body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
  }
}

extension HTTPField.Name {
  /// Who sends the message.
  static var agentID: HTTPField.Name {
    guard let name = HTTPField.Name("x-agent-id") else { preconditionFailure("BUG: x-agent-id is a field name") }
    return name
  }
}

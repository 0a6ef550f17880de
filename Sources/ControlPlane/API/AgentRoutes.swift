import FleetModel
import HTTPTypes
import Ingest

/// Registering agents and looking at them.
struct AgentRoutes: Sendable {
  var operations: any FleetOperations

  var routes: [APIRoute] { [register, list, show, deregister, heartbeat] }

  private var register: APIRoute {
    APIRoute(
      method: .post, path: "/fleet/v1/agents", operationID: "registerAgent",
      summary: "Register an instance of an agent, or update the one of the same name", access: .agent,
      body: APIRoute.Body(schema: "Registration", example: APISchemas.registrationExample),
      answers: [
        .init(status: 201, summary: "The instance is new", content: .json(schema: "Agent")),
        .init(status: 200, summary: "The instance was known and is updated", content: .json(schema: "Agent")),
      ]
    ) { [operations] request in
      guard let body = request.body else {
        throw APIError(
          .invalidRequest, "the body is empty; send a registration such as \(APISchemas.registrationExample)")
      }
      let target = try CollectionTarget(document: body)
      try request.principal.checkMayActFor(target.agentID)
      let outcome: RegistrationOutcome
      do throws(RegistrationError) { outcome = try await operations.register(target) } catch { throw APIError(error) }
      guard let report = await operations.agent(target.agentID) else { throw APIError.unknown(target.agentID) }
      return try .json(
        FleetAPI.Agent(report, now: operations.now()), status: outcome == .created ? .created : .ok)
    }
  }

  private var list: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/agents", operationID: "listAgents", summary: "All agents, sorted by id",
      access: .read, answers: [.init(status: 200, summary: "The agents", content: .json(schema: "AgentList"))]
    ) { [operations] _ in
      let now = operations.now()
      return try .json(FleetAPI.AgentList(agents: await operations.agents().map { FleetAPI.Agent($0, now: now) }))
    }
  }

  private var show: APIRoute {
    APIRoute(
      method: .get, path: "/fleet/v1/agents/{agent_id}", operationID: "showAgent",
      summary: "One agent and its instances",
      access: .read, answers: [.init(status: 200, summary: "The agent", content: .json(schema: "Agent"))]
    ) { [operations] request in
      let id = try request.agentID()
      guard let report = await operations.agent(id) else { throw APIError.unknown(id) }
      return try .json(FleetAPI.Agent(report, now: operations.now()))
    }
  }

  private var deregister: APIRoute {
    APIRoute(
      method: .delete, path: "/fleet/v1/agents/{agent_id}", operationID: "deregisterAgent",
      summary: "Stop watching every instance of an agent", access: .ownAgent,
      answers: [.init(status: 204, summary: "It is no longer watched", content: .none)]
    ) { [operations] request in
      let id = try request.agentID()
      try request.principal.checkMayActFor(id)
      guard await operations.deregister(id) else { throw APIError.unknown(id) }
      return .noContent
    }
  }

  private var heartbeat: APIRoute {
    APIRoute(
      method: .post, path: "/fleet/v1/agents/{agent_id}/heartbeat", operationID: "heartbeat",
      summary: "A sign of life from the agent itself", access: .agent,
      body: APIRoute.Body(schema: "Heartbeat", example: ["instance": "10.0.0.7:8080"], isRequired: false),
      answers: [.init(status: 204, summary: "Taken note of", content: .none)]
    ) { [operations] request in
      let id = try request.agentID()
      try request.principal.checkMayActFor(id)
      var instance: String?
      if let body = request.body {
        var fields = try FieldReader(body)
        instance = fields.string("instance")
        try fields.finish("heartbeat")
      }
      do throws(RegistrationError) { try await operations.heartbeat(id, instance: instance) } catch {
        throw APIError(error)
      }
      return .noContent
    }
  }
}

extension APIRequest {
  /// The agent that the path names.
  func agentID() throws(APIError) -> AgentID {
    do { return try AgentID(segment("agent_id")) } catch { throw APIError(.invalidRequest, "\(error)") }
  }
}

extension APIError {
  static func unknown(_ agent: AgentID) -> APIError {
    APIError(.notFound, "no agent \"\(agent)\"; GET /fleet/v1/agents lists those that are known")
  }

  init(_ error: RegistrationError) {
    switch error {
    case .unknownAgent(let agent):
      self.init(
        .notFound, "no such instance of agent \"\(agent)\"; register it first with POST /fleet/v1/agents")
    case .forbiddenEndpoint(let endpoint, let reason):
      self.init(.invalidRequest, "endpoint \"\(endpoint)\" is refused: \(reason)")
    case .invalidLabel(let label, let reason):
      self.init(.invalidRequest, "label \"\(label)\" is refused: \(reason)")
    }
  }
}

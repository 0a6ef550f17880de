import FleetModel

/// What a client may do.
public enum Role: String, Sendable, Hashable, CaseIterable {
  /// Registers itself, sends heartbeats, pushes its own data.
  case agent
  /// Reads everything.
  case reader
  /// Does everything.
  case `operator`
}

/// Who sent a request, as far as it matters.
struct Principal: Sendable, Hashable {
  var role: Role
  /// The one agent that this client may act for; `nil` for any.
  var agentID: AgentID?

  /// - Throws: ``APIError`` if the client's token belongs to another agent.
  func checkMayActFor(_ agent: AgentID) throws(APIError) {
    if role == .operator { return }
    if let agentID, agentID != agent {
      throw APIError(.forbidden, "this token belongs to agent \"\(agentID)\" and may not act for \"\(agent)\"")
    }
  }
}

/// Whom a route serves.
enum Access: Sendable, Hashable, CaseIterable {
  case open
  /// Readers and operators.
  case read
  /// Agents and operators.
  case agent
  /// Operators, and agents whose token names them.
  case ownAgent
  case operate

  func admits(_ principal: Principal) -> Bool {
    switch (self, principal.role) {
    case (.open, _), (_, .operator): true
    case (.read, let role): role == .reader
    case (.agent, let role): role == .agent
    case (.ownAgent, let role): role == .agent && principal.agentID != nil
    case (.operate, _): false
    }
  }

  /// For people, in refusals and in the OpenAPI document.
  var explanation: String {
    switch self {
    case .open: "open to everyone"
    case .read: "needs the role reader or operator"
    case .agent: "needs the role agent or operator"
    case .ownAgent: "needs the role operator, or agent with a token of that agent"
    case .operate: "needs the role operator"
    }
  }
}

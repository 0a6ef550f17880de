public import FleetModel
public import Platform

/// Who is watched, and how they fare.
public final class AgentRegistry: Sendable {
  /// - Parameter state: where registrations, their times and last heartbeats outlive a restart; `nil` keeps them in memory.
  /// - Throws: if the state file is there but cannot be read.
  public init(state: StateFile?, time: any TimeSource) throws { fatalError("to be written") }

  /// Adds an instance of an agent, or updates the one of the same `agentID` and `instance`.
  public func register(_ target: CollectionTarget) throws(RegistrationError) -> RegistrationOutcome {
    fatalError("to be written")
  }

  /// Stops watching every instance of `agent` that was registered or named by any source.
  ///
  /// - Returns: whether there was one.
  public func deregister(_ agent: AgentID) -> Bool { fatalError("to be written") }

  /// A sign of life from the agent itself; of all its instances where `instance` is `nil`.
  public func heartbeat(_ agent: AgentID, instance: String?) throws(RegistrationError) { fatalError("to be written") }

  /// Makes `targets` all that `source` names; what it no longer names is no longer watched.
  public func replaceTargets(of source: TargetSource, with targets: [CollectionTarget]) { fatalError("to be written") }

  /// All agents, sorted by id.
  public func snapshot() -> [AgentSnapshot] { fatalError("to be written") }

  public func snapshot(of agent: AgentID) -> AgentSnapshot? { fatalError("to be written") }
}

public enum RegistrationOutcome: Sendable, Hashable {
  case created
  case updated
}

public enum RegistrationError: Error, Sendable, Hashable {
  case unknownAgent(AgentID)
  /// The endpoint is not an absolute http(s) URL, or points at a link-local or metadata address.
  case forbiddenEndpoint(String, reason: String)
  case invalidLabel(String, reason: String)
}

import FleetModel
import LocalRuntime
import SystemPackage

extension FleetAPI {
  /// `GET /fleet/v1/instances`: what the local runtime supervises.
  public struct LocalInstanceList: Codable, Sendable, Hashable {
    public var instances: [LocalInstance]
  }

  public struct LocalInstance: Codable, Sendable, Hashable {
    public var agentID: String
    /// From 0 within the agent.
    public var ordinal: Int
    /// `starting`, `ready`, `unready`, `backing_off`, `stopping` or `stopped`.
    public var state: String
    @ExplicitNull public var pid: Int32?
    public var port: Int
    public var restarts: Int
    /// How the last process ended, in words.
    @ExplicitNull public var lastExit: String?
    public var logFile: String

    enum CodingKeys: String, CodingKey {
      case agentID = "agent_id"
      case ordinal, state, pid, port, restarts
      case lastExit = "last_exit"
      case logFile = "log_file"
    }
  }
}

extension FleetAPI.LocalInstance {
  init(_ instance: LocalInstance) {
    self.init(
      agentID: instance.agentID.name, ordinal: instance.ordinal, state: Self.word(for: instance.state),
      pid: instance.pid, port: instance.port, restarts: instance.restarts, lastExit: instance.lastExit,
      logFile: instance.logFile.string)
  }

  static func word(for state: LocalInstance.State) -> String {
    switch state {
    case .starting: "starting"
    case .ready: "ready"
    case .unready: "unready"
    case .backingOff: "backing_off"
    case .stopping: "stopping"
    case .stopped: "stopped"
    }
  }
}

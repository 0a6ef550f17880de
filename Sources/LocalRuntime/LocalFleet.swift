public import DeployPlan
public import FleetModel
public import Logging
public import Platform
public import ServiceLifecycle
public import SystemPackage

/// Runs the agents of a system file as processes of this machine and keeps them running.
public final class LocalFleet: Service {
  /// - Parameters:
  ///   - logDirectory: holds `AGENT-N.log` of each instance.
  ///   - baseEnvironment: added for each agent, after `AGENT_ID`, `NAMESPACE` and `PORT`.
  ///   - onChange: is told of all running instances whenever one starts, stops or moves.
  public init(
    system: FleetSystem, logDirectory: FilePath, baseEnvironment: [String: String], http: any HTTPExchanger,
    time: any TimeSource, random: any RandomSource, logger: Logger,
    onChange: @escaping @Sendable ([CollectionTarget]) -> Void
  ) { fatalError("to be written") }

  /// Goes over to a changed system: starts what is new, stops what left, rolls over what changed, one instance at a time.
  public func apply(_ system: FleetSystem) async { fatalError("to be written") }

  public func snapshot() -> [LocalInstance] { fatalError("to be written") }

  /// Supervises until cancelled, then ends every process: SIGTERM, after 3 s SIGKILL.
  public func run() async throws { fatalError("to be written") }
}

/// One supervised process.
public struct LocalInstance: Sendable, Hashable {
  public enum State: String, Sendable { case starting, ready, unready, backingOff, stopping, stopped }

  public var agentID: AgentID
  /// From 0 within the agent.
  public var ordinal: Int
  public var state: State
  public var pid: Int32?
  public var port: Int
  public var restarts: Int
  /// Exit status or signal of the last process that ended, in words.
  public var lastExit: String?
  public var logFile: FilePath
}

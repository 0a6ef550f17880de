public import FleetModel
public import SystemPackage

/// One supervised process.
public struct LocalInstance: Sendable, Hashable {
  public enum State: String, Sendable { case starting, ready, unready, backingOff, stopping, stopped }

  public var agentID: AgentID
  /// From 0 within the agent. During a roll the old and the new instance share it.
  public var ordinal: Int
  public var state: State
  public var pid: Int32?
  /// 0 until one is found.
  public var port: Int
  public var restarts: Int
  /// Exit status or signal of the last process that ended, or why none could be started, in words.
  public var lastExit: String?
  public var logFile: FilePath

  public init(
    agentID: AgentID, ordinal: Int, state: State, pid: Int32?, port: Int, restarts: Int, lastExit: String?,
    logFile: FilePath
  ) {
    self.agentID = agentID
    self.ordinal = ordinal
    self.state = state
    self.pid = pid
    self.port = port
    self.restarts = restarts
    self.lastExit = lastExit
    self.logFile = logFile
  }
}

/// The instances that others are to know of.
public struct LocalTargets: Sendable, Hashable {
  /// Those that are to be watched. One that has crashed stays, without a pid, until it runs again; one that Skep stops leaves at once,
  /// unless Skep stops as a whole.
  public var watched: [CollectionTarget]
  /// Those that were asked to end and may still have runs in flight.
  public var ending: [CollectionTarget]

  public init(watched: [CollectionTarget] = [], ending: [CollectionTarget] = []) {
    self.watched = watched
    self.ending = ending
  }
}

/// How far an agent is in going over to what was last applied.
public struct LocalRoll: Sendable, Hashable {
  public var agentID: AgentID
  /// Instances that still run an earlier version.
  public var outdated: Int
  /// Why it does not get on, in words; `nil` while it does.
  public var held: String?

  public init(agentID: AgentID, outdated: Int, held: String?) {
    self.agentID = agentID
    self.outdated = outdated
    self.held = held
  }
}

/// Why no fleet can be run at all.
public enum LocalFleetError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Without a guardian agents would outlive a Skep that is killed.
  case guardianUnavailable(String)
  case unusableLogDirectory(String)
  case alreadyRan

  public var description: String {
    switch self {
    case .guardianUnavailable(let reason): "no guardian process for the agents: \(reason)"
    case .unusableLogDirectory(let reason): reason
    case .alreadyRan: "a local fleet runs once; make another"
    }
  }
}

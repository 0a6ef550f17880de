public import DeployPlan
public import FleetModel
public import SystemPackage

/// What one Skep is to do.
public struct ControlPlaneConfiguration: Sendable {
  public var system: FleetSystem
  /// Where `system` was read from; watched for changes where set.
  public var systemFile: FilePath?
  /// The overlay that is laid onto the system file.
  public var environment: String?
  /// Whether to start the agents' commands on this machine (`skep up`).
  public var runsAgents = false
  /// Whether the agents' pods and the records of deployments are found in the cluster: that which `KUBECONFIG` or the usual file names,
  /// else the one that this process runs in.
  public var discoversPods = false
  /// Holds everything that outlives a restart.
  public var dataDirectory: FilePath = ".skep"
  public var listen: ListenAddress
  public var otlpGRPC = OTLPListening.usual
  public var otlpHTTP = OTLPListening.usual
  public var security = SecurityConfiguration()
  /// Skep's own, for those who ask.
  public var version = ""
  /// What `/metrics` answers.
  public var ownMetrics: @Sendable () -> String = { "" }

  public init(system: FleetSystem, listen: ListenAddress) {
    self.system = system
    self.listen = listen
  }
}

extension ControlPlaneConfiguration {
  /// The files that the system names under `rule_files`.
  var ruleFiles: RuleFileSet { RuleFileSet(system.ruleFiles, beside: systemFile) }
}

extension FleetSystem {
  /// What this version cannot do yet, each with its place: refused at the start, so that nothing is silently left undone.
  public var unsupported: [Diagnostic] {
    var problems: [Diagnostic] = []
    func refuse(_ path: String, _ what: String) {
      problems.append(Diagnostic(path: path, message: "\(what) in this version", mend: "remove it"))
    }
    if !storage.remoteWrite.isEmpty { refuse("storage.remote_write", "samples are not written on") }
    if storage.queryURL != nil { refuse("storage.query_url", "other engines are not queried") }
    for (index, agent) in agents.enumerated() where agent.progress != nil {
      refuse("agents[\(index)].progress", "progress is not watched")
    }
    return problems
  }
}

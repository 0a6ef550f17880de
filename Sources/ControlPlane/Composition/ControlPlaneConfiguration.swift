public import DeployPlan
public import FleetModel
public import SystemPackage

/// What one Skep is to do.
public struct ControlPlaneConfiguration: Sendable {
  public var system: FleetSystem
  /// Where `system` was read from; watched for changes where set.
  public var systemFile: FilePath?
  /// Whether to start the agents' commands on this machine (`skep up`).
  public var runsAgents = false
  /// Holds everything that outlives a restart.
  public var dataDirectory: FilePath = ".skep"
  public var listen: ListenAddress
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
    if !routes.isEmpty { refuse("routes", "notifications are not routed: every receiver gets every alert") }
    if !inhibitRules.isEmpty { refuse("inhibit_rules", "alerts are not inhibited") }
    if !timeIntervals.isEmpty { refuse("time_intervals", "notifications are not muted") }
    if !storage.remoteWrite.isEmpty { refuse("storage.remote_write", "samples are not written on") }
    if storage.queryURL != nil { refuse("storage.query_url", "other engines are not queried") }
    if !tracing.forward.isEmpty { refuse("tracing.forward", "spans are not collected") }
    for (index, agent) in agents.enumerated() where agent.progress != nil {
      refuse("agents[\(index)].progress", "progress is not watched")
    }
    for (index, receiver) in receivers.enumerated() {
      for (number, webhook) in receiver.webhooks.enumerated()
      where webhook.http.map({ $0.tls != TLSClientOptions() || $0.proxyURL != nil || !$0.headers.isEmpty }) ?? false {
        refuse(
          "receivers[\(index)].webhook_configs[\(number)].http_config",
          "tls_config, proxy_url and http_headers are not followed")
      }
      for kind in receiver.unsupportedKinds { refuse("receivers[\(index)].\(kind)", "such receivers are not served") }
    }
    return problems
  }
}

extension Receiver {
  fileprivate var unsupportedKinds: [String] {
    let kinds = [
      ("slack_configs", slacks.isEmpty), ("pagerduty_configs", pagerDuties.isEmpty),
      ("opsgenie_configs", opsgenies.isEmpty), ("msteams_configs", msTeams.isEmpty),
      ("msteamsv2_configs", msTeamsV2.isEmpty),
      ("email_configs", emails.isEmpty), ("alertmanager_configs", alertmanagers.isEmpty),
      ("command_configs", commands.isEmpty),
    ]
    return kinds.filter { !$0.1 }.map(\.0)
  }
}

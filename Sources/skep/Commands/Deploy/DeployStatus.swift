import ArgumentParser
import ClusterControl
import DeployPlan
import FleetModel

struct DeployStatus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the newest deployment and how its agents are now. Exits with 0 only if all are ready.")

  @Argument(help: "The system file; system.yaml if not given.")
  var file: String?

  @Flag(name: .shortAndLong, help: "Draw anew every two seconds until Ctrl-C.")
  var watch = false

  @OptionGroup var reference: SystemReference
  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let names = try reference.names(file)
    let format = output.output
    let isWatching = watch
    let isReady = try await cluster.with { client in
      let deployer = Deployer(
        client, system: names.system, namespace: names.namespace, holder: ClusterOptions.holder)
      if isWatching, Terminal.isInteractive { Terminal.print("\u{1b}[2J") }
      while true {
        let standing = try await deployer.status()
        let text = Self.text(standing, names, format)
        if isWatching, Terminal.isInteractive { Terminal.redraw(text) } else { Terminal.print(text) }
        guard isWatching else { return standing.isReady }
        do { try await Task.sleep(for: .seconds(2)) } catch { return standing.isReady }
      }
    }
    if !isReady { throw ExitCode(1) }
  }

  private static func text(
    _ standing: SystemStanding, _ names: SystemReference.Names, _ format: OutputFormat
  ) -> String {
    if format == .json { return standing.json.description }
    guard let record = standing.record else {
      return "no deployment of system \(names.system) in namespace \(names.namespace)"
    }
    let heading = StyledText.text(RecordText.heading(of: record, holder: standing.holder))
    let rows = standing.parts.map { RecordText.statusRow(of: $0.name, $0.part, rollout: standing.rollouts[$0.name]) }
    return "\(heading)\n\(StyledText.table(RecordText.statusColumns, rows: rows))"
  }
}

extension SystemStanding {
  /// As commands print it.
  var json: JSONValue {
    func value(_ name: String, _ agent: DeployRecord.Agent) -> JSONValue {
      let rollout = rollouts[name]
      return [
        "state": .string(rollout?.phase.rawValue ?? "not_started"), "replicas": .number(Double(rollout?.ready ?? 0)),
        "desired_replicas": .number(Double(rollout?.desired ?? 0)), "revision": .string(agent.revision),
        "image": .string(agent.image), "reasons": .array((rollout?.reasons ?? []).map(\.json)),
      ]
    }
    let agents = (record?.agents ?? [:]).sorted { $0.key < $1.key }.map { name, agent in
      JSONValue.Member(key: name, value: value(name, agent))
    }
    return [
      "deployment": record?.json ?? .null, "applying_by": holder.map { .string($0) } ?? .null, "ready": .bool(isReady),
      "agents": .object(agents),
      "control_plane": record?.controlPlane.map { value(DeployOrder.controlPlane, $0) } ?? .null,
    ]
  }
}

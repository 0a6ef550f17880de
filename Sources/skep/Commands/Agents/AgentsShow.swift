import ArgumentParser
import ControlPlane
import FleetModel

struct AgentsShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one agent.")

  @Argument(help: "The agent's id.")
  var agent: String

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let found = try await FleetClient.with(client) { try await $0.agent(agent) }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(found))
    case .text:
      var lines = [
        "\(found.agentID)  \(Terminal.paint(found.status.rawValue, AgentTable.color(of: found.status)))",
        "score        \(found.healthScore.map { "\(Int($0))" } ?? "-")"
          + found.scoreParts.map { "  (\($0.points) \($0.reason))" }.joined(),
        "registered   \(found.registrationTime.map { RFC3339.format($0.timestamp) } ?? "-")",
        "last seen    \(Wording.age(found.lastHeartbeatSecondsAgo)) ago",
        "CPU, memory  \(Wording.percent(found.cpuUsage)), \(Wording.percent(found.memoryUsage))",
      ]
      for instance in found.instances {
        lines.append("")
        lines.append("instance     \(Terminal.safe(instance.instance))  \(instance.status.rawValue)")
        lines.append("process      \(instance.pid.map { "\($0)" } ?? "-")")
        lines.append("metrics      \(Terminal.safe(instance.metricsEndpoint ?? "-"))")
        lines.append("health       \(Terminal.safe(instance.healthEndpoint ?? "-"))")
        lines.append("series       \(instance.series), \(instance.samplesCollected) samples collected")
        if let error = instance.lastError { lines.append("why          \(Terminal.safe(error))") }
      }
      Terminal.print(lines.joined(separator: "\n"))
    }
  }
}

extension FleetClient {
  func agent(_ id: String) async throws -> FleetAPI.Agent {
    try await get(FleetAPI.Agent.self, "/fleet/v1/agents/\(Self.percentEncode(id))")
  }
}

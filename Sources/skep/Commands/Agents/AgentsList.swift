import ArgumentParser
import ControlPlane
import FleetModel

struct AgentsList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List all instances of all agents.")

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let list = try await FleetClient.with(client) { try await $0.get(FleetAPI.AgentList.self, "/fleet/v1/agents") }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(list))
    case .text:
      var table = Table(
        ("AGENT", .left), ("INSTANCE", .left), ("STATUS", .left), ("PID", .right), ("SERIES", .right),
        ("METRICS", .left), ("WHY", .left))
      for agent in list.agents {
        for instance in agent.instances {
          table.add(
            .init(agent.agentID), .init(instance.instance),
            .init(instance.status.rawValue, AgentTable.color(of: instance.status)),
            .init(instance.pid.map { "\($0)" } ?? "-"), .init("\(instance.series)"),
            .init(instance.metricsEndpoint ?? "-"), .init(instance.lastError ?? ""))
        }
      }
      Terminal.print(table.isEmpty ? "no agents yet: start some with `skep up`, or register them" : table.text)
    }
  }
}

import ArgumentParser
import ControlPlane

struct AgentsProcesses: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "processes", abstract: "List the processes that the local runtime supervises.")

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let list = try await FleetClient.with(client) {
      try await $0.get(FleetAPI.LocalInstanceList.self, "/fleet/v1/instances")
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(list))
    case .text:
      var table = Table(
        ("AGENT", .left), ("NUMBER", .right), ("STATE", .left), ("PID", .right), ("PORT", .right),
        ("RESTARTS", .right), ("LAST EXIT", .left), ("LOG", .left))
      for instance in list.instances {
        table.add(
          .init(instance.agentID), .init("\(instance.ordinal)"),
          .init(instance.state, instance.state == "ready" ? .green : .yellow),
          .init(instance.pid.map { "\($0)" } ?? "-"), .init("\(instance.port)"), .init("\(instance.restarts)"),
          .init(instance.lastExit ?? "-"), .init(instance.logFile))
      }
      Terminal.print(table.isEmpty ? "this Skep runs no agents itself: it was not started with `skep up`" : table.text)
    }
  }
}

import ArgumentParser
import ControlPlane

struct AgentsPID: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pid", abstract: "Print the process ids of an agent, one a line, for other commands.")

  @Argument(help: "The agent's id.")
  var agent: String

  @OptionGroup var client: ClientOptions

  func run() async throws {
    let found = try await FleetClient.with(client) { try await $0.agent(agent) }
    let pids = found.instances.compactMap(\.pid)
    guard !pids.isEmpty else { throw CommandFailure.failed("agent \(agent) has no process that is known here") }
    for pid in pids { Terminal.print("\(pid)") }
  }
}

import ArgumentParser
import ControlPlane
import DeployPlan

struct Up: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Start the agents of a system file on this machine and watch them.",
    discussion: "Ctrl-C stops them all. A change of the file is taken over while it runs.")

  @Argument(help: "The system file.")
  var file: String

  @OptionGroup var overlay: EnvironmentOptions
  @OptionGroup var options: ServerOptions

  func run() async throws {
    let (system, _) = try SystemInput.read(file, environment: overlay.environment, refusing: \.unsupported)
    guard system.agents.contains(where: { !$0.command.isEmpty }) else {
      throw CommandFailure.badInput(
        "\(file): no agent has a command to start; add `command:` to one, or watch running agents with `skep serve`")
    }
    try await ServerRun(options: options).run(
      system: system, file: file, environment: overlay.environment, runsAgents: true)
  }
}

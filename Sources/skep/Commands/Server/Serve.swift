import ArgumentParser
import ControlPlane
import DeployPlan

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Watch agents that something else runs: registered, discovered or named in a system file.")

  @Option(help: "A system file; its rules, receivers and named agents count, its commands are not started.")
  var config: String?

  @OptionGroup var overlay: EnvironmentOptions
  @OptionGroup var options: ServerOptions

  func run() async throws {
    let environment = overlay.environment
    if environment != nil, config == nil { throw CommandFailure.badInput("--environment needs --config") }
    let given = try config.map { file throws(CommandFailure) in
      try SystemInput.read(file, environment: environment, refusing: \.unsupported).system
    }
    let system = given ?? FleetSystem(name: "fleet")
    try await ServerRun(options: options).run(
      system: system, file: config, environment: environment, runsAgents: false)
  }
}

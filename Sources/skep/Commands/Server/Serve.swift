import ArgumentParser
import ControlPlane
import DeployPlan

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Watch agents that something else runs: registered, discovered or named in a system file.")

  @Option(help: "A system file; its rules, receivers and named agents count, its commands are not started.")
  var config: String?

  @Flag(
    help: """
      Find the agents' pods, and what deployments brought, in the cluster that KUBECONFIG or ~/.kube/config names, else in the one \
      that this process runs in.
      """)
  var discoverPods = false

  @OptionGroup var overlay: EnvironmentOptions
  @OptionGroup var options: ServerOptions

  func run() async throws {
    let environment = overlay.environment
    if environment != nil, config == nil { throw CommandFailure.badInput("--environment needs --config") }
    if discoverPods, config == nil {
      throw CommandFailure.badInput("--discover-pods needs --config: it says which namespace")
    }
    let given = try config.map { file throws(CommandFailure) in
      try SystemInput.read(file, environment: environment, refusing: \.unsupported).system
    }
    let system = given ?? FleetSystem(name: "fleet")
    try await ServerRun(options: options).run(
      system: system, file: config, environment: environment, runsAgents: false,
      discoversPods: discoverPods)
  }
}

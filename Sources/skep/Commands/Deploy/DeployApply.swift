import ArgumentParser
import ClusterControl
import DeployPlan
import FleetModel
import SkepDeploy

struct DeployApply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Apply a system file to the cluster, and wait until every agent is ready.",
    discussion: """
      What left the system file is removed at the end. Exits with 0 only if every agent was seen ready. If it fails half-way it \
      says what is in place; the next apply or rollback completes it, also after a kill.
      """)

  @Argument(help: "The system file; - for standard input.")
  var file = "system.yaml"

  @OptionGroup var options: ApplyOptions
  @OptionGroup var rollout: RolloutOptions

  func run() async throws {
    let input = try ApplyInput(file, environment: options.overlay.environment)
    var deploy = try rollout.options()
    deploy.adopts = options.adopt
    deploy.takesFields = options.forceConflicts
    let wanted = deploy
    let screen = DeployScreen(
      agents: input.rendered.system.agents.map(\.agentID.name), isQuiet: options.output.output == .json)
    let result = try await options.cluster.with { client in
      try await Deployer(client, input.request, holder: ClusterOptions.holder)
        .apply(input.request, wanted) { screen.show($0) }
    }
    try screen.end(result, file: file, options.output.output)
  }
}

extension Deployer {
  init(_ client: ClusterClient, _ request: DeployRequest, holder: String) {
    self.init(client, system: request.system, namespace: request.namespace, holder: holder)
  }
}

import ArgumentParser
import ClusterControl
import DeployPlan
import FleetModel

struct DeployRollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Apply once more what an earlier deployment applied, byte by byte, and wait until every agent is ready.",
    discussion: """
      Without an id it goes to the last deployment that went well before the one in force. `skep deploy history` lists them.
      """)

  @Argument(help: "The system file (system.yaml if not given), and the id of a deployment.")
  var words: [String] = []

  @Flag(help: "Take over objects that somebody else made.")
  var adopt = false

  @Flag(help: "Take fields that others own with other values.")
  var forceConflicts = false

  @Flag(help: "Only show what would change. Exits with 0 if nothing would, 1 if anything would.")
  var dryRun = false

  @OptionGroup var reference: SystemReference
  @OptionGroup var rollout: RolloutOptions
  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let ids = words.compactMap { DeploymentID($0) }
    let files = words.filter { DeploymentID($0) == nil }
    guard ids.count <= 1, files.count <= 1 else {
      throw CommandFailure.badInput("at most one system file and one id, such as deploy-20261123-204501")
    }
    let names = try reference.names(files.first)
    var deploy = try rollout.options()
    deploy.adopts = adopt
    deploy.takesFields = forceConflicts
    let wanted = deploy
    let format = output.output
    if dryRun {
      let plan = try await cluster.with { client in
        let deployer = Deployer(
          client, system: names.system, namespace: names.namespace, holder: ClusterOptions.holder)
        return try await deployer.plan(try await deployer.rollbackRequest(to: ids.first), wanted)
      }
      if format == .json { Terminal.print(plan.json.description) } else { PlanText.print(plan) }
      guard plan.refusals.isEmpty else {
        throw CommandFailure(exitCode: 2, lines: plan.refusals.map { "skep: \(Terminal.safe($0))" })
      }
      if plan.hasChanges { throw ExitCode(1) }
      return
    }
    let screen = DeployScreen(agents: [], isQuiet: format == .json)
    let result = try await cluster.with { client in
      let deployer = Deployer(client, system: names.system, namespace: names.namespace, holder: ClusterOptions.holder)
      let request = try await deployer.rollbackRequest(to: ids.first)
      screen.show(.note("goes back to \(request.rollbackOf?.text ?? "")"))
      return try await deployer.apply(request, wanted) { screen.show($0) }
    }
    try screen.end(result, file: names.file, format)
  }
}

import ArgumentParser

struct Deploy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Render a system file for Kubernetes, check it, apply it, and go back.",
    subcommands: [
      DeployRender.self, DeployCheckCommand.self, DeployPlanCommand.self, DeployApply.self, DeployStatus.self,
      DeployHistory.self, DeployRollback.self, DeployDelete.self,
    ])
}

import ArgumentParser

struct Deploy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Render a system file for Kubernetes, and check it before anything is applied.",
    subcommands: [DeployRender.self, DeployCheckCommand.self])
}

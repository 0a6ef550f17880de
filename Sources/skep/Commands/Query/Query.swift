import ArgumentParser

struct Query: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluate PromQL.", subcommands: [QueryScript.self])
}

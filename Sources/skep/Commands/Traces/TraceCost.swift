import ArgumentParser
import ControlPlane

struct TraceCost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cost",
    abstract: "Show tokens and what they cost, each counted once, by agent, model and conversation.")

  @OptionGroup var selection: TraceSelection

  @Option(name: .shortAndLong, help: "How many conversations at most.")
  var limit = 10

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let found = try await FleetClient.with(client) {
      try await $0.getLong(
        FleetAPI.TokenUsage.self, "/fleet/v1/usage", query: selection.query + [("limit", "\(limit)")])
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(found))
    case .text: Terminal.print(TraceTables.text(of: found))
    }
  }
}

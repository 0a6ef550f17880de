import ArgumentParser
import ControlPlane

struct TraceCallGraph: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call-graph",
    abstract: "Show which agent calls which, how often, how long it takes and how often it fails.")

  @OptionGroup var selection: TraceSelection

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let found = try await FleetClient.with(client) {
      try await $0.getLong(FleetAPI.CallGraph.self, "/fleet/v1/call-graph", query: selection.query)
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(found))
    case .text: Terminal.print(TraceTables.text(of: found))
    }
  }
}

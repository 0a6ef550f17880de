import ArgumentParser
import ControlPlane

struct TraceCriticalPath: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "critical-path",
    abstract: "Show what requests waited for: who determines p50 and p95, and who would gain most.")

  @OptionGroup var selection: TraceSelection

  @Option(name: .shortAndLong, help: "How many operations at most.")
  var limit = 15

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let found = try await FleetClient.with(client) {
      try await $0.getLong(
        FleetAPI.FleetCriticalPath.self, "/fleet/v1/critical-path", query: selection.query + [("limit", "\(limit)")])
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(found))
    case .text: Terminal.print(TraceTables.text(of: found))
    }
  }
}

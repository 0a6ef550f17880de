import ArgumentParser
import ControlPlane

struct StoreCompact: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact",
    abstract: "Write all samples and spans in memory to their files and merge what belongs together.",
    discussion: "Skep does this by itself over time; now and then somebody wants it at once.")

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let statistics = try await FleetClient.with(client) {
      try await $0.postLong(FleetAPI.StoreStatistics.self, "/fleet/v1/store/compact")
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(statistics))
    case .text: Terminal.print(StoreScreen(statistics: statistics).text)
    }
  }
}

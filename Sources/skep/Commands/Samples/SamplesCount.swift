import ArgumentParser
import ControlPlane
import FleetModel

struct SamplesCount: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count", abstract: "Count the stored samples of a metric, staleness markers left out.")

  @Argument(help: "The metric.")
  var metric: String

  @Option(help: "From when on, RFC 3339; an hour before the end where it is not given.")
  var start: String?

  @Option(help: "Until when, RFC 3339; now where it is not given.")
  var end: String?

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let count = try await FleetClient.with(client) {
      try await $0.getLong(
        FleetAPI.SampleCount.self, "/fleet/v1/samples/count",
        query: [("metric_name", metric), ("start", start), ("end", end)])
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(count))
    case .text:
      Terminal.print("\(Wording.count(count.samples)) samples in \(Wording.count(count.series)) series")
    }
  }
}

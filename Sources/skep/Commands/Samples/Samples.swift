import ArgumentParser
import ControlPlane
import FleetModel

struct Samples: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the last collected samples; count stored ones; check what an exporter serves.",
    subcommands: [SamplesRecent.self, SamplesCount.self, SamplesParse.self], defaultSubcommand: SamplesRecent.self)
}

struct SamplesRecent: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recent", abstract: "Show the last collected samples in order of arrival.")

  @Option(help: "Only of this agent.")
  var agent: String?

  @Option(help: "Only of this metric.")
  var metric: String?

  @Option(name: .shortAndLong, help: "How many at most.")
  var limit = 20

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let list = try await FleetClient.with(client) {
      try await $0.get(
        FleetAPI.SampleList.self, "/fleet/v1/samples/recent",
        query: [("agent_id", agent), ("metric_name", metric), ("limit", "\(limit)")])
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(list))
    case .text:
      var table = Table(("TIME", .left), ("TYPE", .left), ("SERIES", .left), ("VALUE", .right))
      for sample in list.samples {
        let series = LabelSet(sample.labels.merging([LabelSet.metricName: sample.metricName]) { $1 })
        table.add(
          .init(RFC3339.format(sample.timestamp.timestamp)), .init(sample.metricType), .init(series.description),
          .init("\(sample.value)"))
      }
      Terminal.print(table.isEmpty ? "no samples yet" : table.text)
    }
  }
}

import ArgumentParser
import ControlPlane

struct TraceShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Draw one trace: its spans in time, the critical path marked, and who took how long."
  )

  @Argument(help: "The trace's id: 32 hex digits.")
  var id: String

  @Option(help: "Fold spans beyond so many lines.")
  var rows = 60

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let analysis = try await FleetClient.with(client) {
      try await $0.getLong(
        FleetAPI.TraceAnalysis.self, "/fleet/v1/traces/\(FleetClient.percentEncode(id))/analysis",
        query: [("tree", "true")])
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(analysis))
    case .text:
      let style = Waterfall.Style(
        isUTF8: Terminal.isUTF8, hasColor: Terminal.hasColor, columns: Terminal.width ?? 120, rows: rows)
      Terminal.print(TraceText.of(analysis, style))
    }
  }
}

import ArgumentParser
import ControlPlane
import FleetModel

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
    let path = "/fleet/v1/traces/\(FleetClient.percentEncode(id))"
    let style = Waterfall.Style(
      isUTF8: Terminal.isUTF8, hasColor: Terminal.hasColor, columns: Terminal.width ?? 120, rows: rows)
    try await FleetClient.with(client) { fleet in
      do {
        let analysis = try await fleet.getLong(
          FleetAPI.TraceAnalysis.self, path + "/analysis", query: [("tree", "true")])
        switch output.output {
        case .json: Terminal.print(try JSONText.of(analysis))
        case .text: Terminal.print(TraceText.of(analysis, style))
        }
      } catch let refusal as CommandFailure where refusal.status == 409 && output.output == .text {
        // Nothing of it has ended; what runs is there to be seen nevertheless.
        let trace = try await fleet.getLong(FleetAPI.Trace.self, path)
        Terminal.print(TraceText.of(running: trace, now: Wording.now.nanoseconds, style))
      }
    }
  }
}

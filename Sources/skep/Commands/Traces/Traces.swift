import ArgumentParser
import ControlPlane

struct Traces: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List traces, the most recent first: live on a terminal, once in a pipe.",
    discussion: """
      `skep traces --status active` shows what is running now. See one with `skep trace show ID`.
      """)

  @OptionGroup var selection: TraceSelection

  @Option(name: .shortAndLong, help: "How many at most.")
  var limit = 20

  @Flag(inversion: .prefixedNo, help: "Draw anew every second until Ctrl-C; on a terminal unless told otherwise.")
  var watch: Bool?

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await FleetClient.with(client) { fleet in
      guard watch ?? (Terminal.isInteractive && output.output == .text) else {
        Terminal.print(try await text(of: fleet))
        return
      }
      if Terminal.isInteractive { Terminal.print("\u{1b}[2J") }
      while true {
        let text: String
        do { text = try await self.text(of: fleet) } catch let error as CommandFailure {
          // Bad usage ends the command; that Skep is away does not.
          if error.exitCode == 2 { throw error }
          text = error.lines.joined(separator: "\n")
        }
        if Terminal.isInteractive { Terminal.redraw(text) } else { Terminal.print(text) }
        try await Task.sleep(for: .seconds(1))
      }
    }
  }

  private func text(of fleet: FleetClient) async throws -> String {
    let list = try await fleet.get(
      FleetAPI.TraceList.self, "/fleet/v1/traces", query: selection.query + [("limit", "\(limit)")])
    switch output.output {
    case .json: return try JSONText.of(list)
    case .text: return TraceTables.text(of: list)
    }
  }
}

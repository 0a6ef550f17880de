import ArgumentParser
import ControlPlane
import FleetModel

struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show how the fleet fares.")

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  @Flag(name: .shortAndLong, help: "Draw anew every second until Ctrl-C.")
  var watch = false

  func run() async throws {
    try await FleetClient.with(client) { fleet in
      guard watch else {
        Terminal.print(try await screen(of: fleet))
        return
      }
      if Terminal.isInteractive { Terminal.print("\u{1b}[2J") }
      while true {
        let text = await Self.textOrReason { try await screen(of: fleet) }
        if Terminal.isInteractive { Terminal.redraw(text) } else { Terminal.print(text) }
        try await Task.sleep(for: .seconds(1))
      }
    }
  }

  private func screen(of fleet: FleetClient) async throws -> String {
    let overview = try await fleet.get(FleetAPI.OverviewAnswer.self, "/fleet/v1/overview")
    switch output.output {
    case .json: return try JSONText.of(overview)
    case .text:
      let alerts = try await fleet.get(FleetAPI.AlertList.self, "/fleet/v1/alerts", query: [("state", "active")])
      return StatusScreen(overview: overview.systemOverview, alerts: alerts.alerts).text
    }
  }

  /// Watching goes on while Skep is away.
  private static func textOrReason(_ body: () async throws -> String) async -> String {
    do {
      return try await body()
    } catch let error as CommandFailure {
      return error.lines.joined(separator: "\n")
    } catch {
      return "skep: \(error)"
    }
  }
}

import ArgumentParser
import ControlPlane

struct Alerts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List alerts and show one; check who is told of them.",
    subcommands: [AlertsList.self, AlertsShow.self, AlertsCheckConfig.self, AlertsTestRoute.self],
    defaultSubcommand: AlertsList.self)
}

struct AlertsList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List alerts, newest first.")

  enum State: String, ExpressibleByArgument, CaseIterable {
    case active
    case pending
    case resolved
    case all
  }

  @Option(help: "Which ones.")
  var state = State.active

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let list = try await FleetClient.with(client) {
      try await $0.get(FleetAPI.AlertList.self, "/fleet/v1/alerts", query: [("state", state.rawValue)])
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(list))
    case .text:
      let name = state == .all ? "" : "\(state.rawValue) "
      Terminal.print(
        list.alerts.isEmpty ? "no \(name)alerts" : AlertTable.text(of: list.alerts, at: Wording.now))
    }
  }
}

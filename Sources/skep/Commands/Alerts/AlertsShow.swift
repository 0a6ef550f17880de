import ArgumentParser
import ControlPlane
import FleetModel

struct AlertsShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show every firing of one alert, newest first.")

  @Argument(help: "The alert's id, such as high-cpu:planner:system_cpu_usage.")
  var alert: String

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let list = try await FleetClient.with(client) {
      try await $0.get(FleetAPI.AlertList.self, "/fleet/v1/alerts", query: [("state", "all")])
    }
    let firings = list.alerts.filter { $0.alertID == alert }
    guard !firings.isEmpty else {
      throw CommandFailure.failed("there is no alert \(alert); see `skep alerts list --state all`")
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(["alerts": firings]))
    case .text: Terminal.print(firings.map(Self.text).joined(separator: "\n\n"))
    }
  }

  private static func text(of alert: FleetAPI.Alert) -> String {
    var lines = [
      "\(alert.alertID)  \(alert.state)  \(alert.severity.rawValue)",
      "  \(Terminal.safe(alert.description))",
      "  since     \(RFC3339.format(alert.timestamp.timestamp))",
    ]
    if let end = alert.resolutionTimestamp { lines.append("  until     \(RFC3339.format(end.timestamp))") }
    lines.append("  agents    \(alert.affectedAgents.joined(separator: ", "))")
    if let value = alert.value { lines.append("  value     \(value)") }
    if let url = alert.runbookURL { lines.append("  runbook   \(Terminal.safe(url))") }
    for (name, value) in alert.labels.sorted(by: { $0.key < $1.key }) {
      lines.append("  label     \(Terminal.safe(name))=\(Terminal.safe(value))")
    }
    return lines.joined(separator: "\n")
  }
}

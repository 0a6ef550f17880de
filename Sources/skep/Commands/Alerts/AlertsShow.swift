import ArgumentParser
import ControlPlane
import FleetModel

struct AlertsShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show every firing of one alert, newest first.",
    discussion: "Of alerts that others sent here, what is known of those that fire.")

  @Argument(help: "The alert's id, such as high-cpu:planner:system_cpu_usage; or its fingerprint or name.")
  var alert: String

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let (firings, sent) = try await FleetClient.with(client) { client -> ([FleetAPI.Alert], [SentAlert]) in
      let list = try await client.get(FleetAPI.AlertList.self, "/fleet/v1/alerts", query: [("state", "all")])
      let firings = list.alerts.filter { $0.alertID == alert }
      if !firings.isEmpty { return (firings, []) }
      let sent = try await client.get([SentAlert].self, "/api/v2/alerts")
      return ([], sent.filter { $0.fingerprint == alert || $0.name == alert })
    }
    guard firings.isEmpty else { return try print(firings) }
    guard !sent.isEmpty else {
      throw CommandFailure.failed("there is no alert \(alert); see `skep alerts list --state all`")
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(["alerts": sent]))
    case .text: Terminal.print(sent.map(SentAlertText.text).joined(separator: "\n\n"))
    }
  }

  private func print(_ firings: [FleetAPI.Alert]) throws {
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
    for id in alert.silencedBy ?? [] { lines.append("  silenced  by \(Terminal.safe(id))") }
    for id in alert.inhibitedBy ?? [] { lines.append("  inhibited by \(Terminal.safe(id))") }
    if let value = alert.value { lines.append("  value     \(value)") }
    if let url = alert.runbookURL { lines.append("  runbook   \(Terminal.safe(url))") }
    for (name, value) in alert.labels.sorted(by: { $0.key < $1.key }) {
      lines.append("  label     \(Terminal.safe(name))=\(Terminal.safe(value))")
    }
    return lines.joined(separator: "\n")
  }
}

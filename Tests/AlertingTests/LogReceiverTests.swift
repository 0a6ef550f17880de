import FleetModel
import Logging
import Testing

@testable import Alerting

@Suite struct LogReceiverTests {
  final class Lines: LogHandler, @unchecked Sendable {
    // Unchecked: written by one test, one line after the other.
    var lines: [(Logger.Level, Logger.Metadata)] = []
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { lines.append((event.level, event.metadata ?? [:])) }
  }

  @Test func writesALineOfTheAlertsSeverity() async throws {
    let lines = Lines()
    let receiver = LogReceiver(logger: Logger(label: "alerts") { _ in lines })
    var alert = Alert(
      id: "id", name: "n", severity: .info, description: "d", affectedAgents: ["a"],
      activeSince: Timestamp(milliseconds: 0))
    for severity in Severity.allCases {
      alert.severity = severity
      try await receiver.deliver(AlertNotification(kind: .firing, alert: alert))
    }
    try await receiver.deliver(AlertNotification(kind: .resolved, alert: alert))
    #expect(lines.lines.map(\.0) == [.info, .warning, .error, .critical, .info])
    #expect(lines.lines[0].1["alert_id"] == "id")
  }
}

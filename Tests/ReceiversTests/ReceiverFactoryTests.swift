import AlertLogic
import FleetModel
import Foundation
import Logging
import NIOHTTP1
import SystemPackage
import TestSupport
import Testing

@testable import Receivers

@Suite("receivers, from their configuration to the other side") struct ReceiverFactoryTests {
  private func with(_ receiver: Receiver, _ body: ([NotificationIntegration]) async throws -> Void) async throws {
    let connections = ReceiverConnections(connectTimeout: .seconds(300))
    do {
      try await body(factory(connections).integrations(of: receiver))
      await connections.shutdown()
    } catch {
      await connections.shutdown()
      throw error
    }
  }

  private func factory(
    _ connections: ReceiverConnections, log: ArrivalLog<String> = ArrivalLog()
  ) throws -> ReceiverFactory {
    ReceiverFactory(
      texts: try NotificationTexts(), connections: connections, time: SimulatedTime(), random: SeededRandom(seed: 1),
      logger: Logger(label: "test") { _ in LogKeeper(log: log) })
  }

  static let notification = GroupNotification(
    receiver: "night", groupKey: "{}:{alertname=\"Down\"}", groupLabels: LabelSet(["alertname": "Down"]),
    alerts: [
      NotifiedAlert(
        labels: LabelSet(["alertname": "Down", "agent_id": "planner", "severity": "critical"]),
        annotations: LabelSet(["summary": "planner is down"]), startsAt: Timestamp(milliseconds: 1_700_000_000_000),
        updatedAt: Timestamp(milliseconds: 1_700_000_000_000)),
      NotifiedAlert(
        labels: LabelSet(["alertname": "Down", "agent_id": "writer", "severity": "warning"]),
        startsAt: Timestamp(milliseconds: 1_700_000_000_000), endsAt: Timestamp(milliseconds: 1_700_000_060_000),
        updatedAt: Timestamp(milliseconds: 1_700_000_060_000)),
    ],
    externalURL: "http://skep.example:7540", at: Timestamp(milliseconds: 1_700_000_070_000))

  @Test func everyServiceIsToldInItsOwnWay() async throws {
    let files = try ScratchDirectory()
    try await HTTPListener.with([.answer(200, [], "ok")]) { listener in
      var receiver = Receiver()
      receiver.name = "night"
      receiver.webhooks = [.init(), .init()]
      receiver.webhooks[0].url = SecretText(listener.url + "/webhook")
      receiver.webhooks[0].rateLimit = 2
      receiver.webhooks[1].urlFile = try files.write("url", listener.url + "/webhook-of-file\n").string
      receiver.webhooks[1].sendResolved = false
      receiver.slacks = [.init()]
      receiver.slacks[0].apiURL = SecretText(listener.url + "/slack")
      receiver.pagerDuties = [.init()]
      receiver.pagerDuties[0].routingKeyFile = try files.write("key", "routing-key-of-file\n").string
      receiver.pagerDuties[0].url = listener.url + "/pagerduty"
      receiver.opsgenies = [.init()]
      receiver.opsgenies[0].apiURL = listener.url + "/genie"
      receiver.opsgenies[0].apiKey = SecretText("{{ .Status }}-key")
      receiver.opsgenies[0].updateAlerts = true
      receiver.msTeams = [.init()]
      receiver.msTeams[0].webhookURL = SecretText(listener.url + "/teams")
      receiver.msTeamsV2 = [.init()]
      receiver.msTeamsV2[0].webhookURL = SecretText(listener.url + "/teams-v2")
      receiver.alertmanagers = [.init()]
      receiver.alertmanagers[0].url = listener.url + "/other/"
      try await with(receiver) { integrations in
        #expect(
          integrations.map(\.name) == [
            "webhook[0]", "webhook[1]", "slack[0]", "pagerduty[0]", "opsgenie[0]", "msteams[0]", "msteamsv2[0]",
            "alertmanager[0]",
          ])
        #expect(integrations.map(\.sendResolved) == [true, false, false, true, true, true, true, true])
        #expect(integrations.map(\.rate) == [2] + [Double?](repeating: nil, count: 7))
        for integration in integrations { try await integration.send(Self.notification) }
      }
      let requests = listener.requests.entries
      let uris = requests.map { $0.uri.split(separator: "?").first.map(String.init) ?? "" }
      #expect(
        uris.filter { !$0.hasPrefix("/genie/v2/alerts/") } == [
          "/webhook", "/webhook-of-file", "/slack", "/pagerduty", "/genie/v2/alerts", "/teams", "/teams-v2",
          "/other/api/v2/alerts",
        ])
      let updates = requests.filter { $0.uri.hasPrefix("/genie/v2/alerts/") }
      #expect(updates.map(\.method) == ["PUT", "PUT"])
      for request in requests where request.uri.hasPrefix("/genie") {
        #expect(request.headers["authorization"] == ["GenieKey firing-key"])
      }
      #expect(requests.first { $0.uri == "/pagerduty" }?.body.contains("routing-key-of-file") == true)
      for request in requests {
        #expect((try? JSONSerialization.jsonObject(with: Data(request.body.utf8))) != nil, "\(request.uri)")
      }
    }
  }

  @Test func aKeyThatComesBackIsHidden() async throws {
    try await HTTPListener.with([.answer(400, [], "{\"errors\":[\"routing_key r0uting-key is unknown\"]}")]) {
      listener in
      var receiver = Receiver()
      receiver.name = "night"
      receiver.pagerDuties = [.init()]
      receiver.pagerDuties[0].routingKey = SecretText("r0uting-key")
      receiver.pagerDuties[0].url = listener.url + "/v2/enqueue"
      try await with(receiver) { integrations in
        let expected = DeliveryFailure(
          "status 400: {\"errors\":[\"routing_key <secret> is unknown\"]}", .giveUp)
        await #expect(throws: expected) { try await integrations[0].send(Self.notification) }
      }
    }
  }

  @Test func programsAndLogsAreToldToo() async throws {
    let directory = try ScratchDirectory()
    var receiver = Receiver()
    receiver.name = "night"
    receiver.commands = [.init()]
    receiver.commands[0].command = ["sh", "-c", "cat > \"$1\"", "sh", directory.path.appending("got").string]
    receiver.logs = [.init()]
    let connections = ReceiverConnections(connectTimeout: .seconds(300))
    let log = ArrivalLog<String>()
    for integration in try factory(connections, log: log).integrations(of: receiver) {
      try await integration.send(Self.notification)
    }
    await connections.shutdown()
    #expect(directory.read("got")?.contains("\"version\":\"4\"") == true)
    #expect(log.entries.count == 2)
    #expect(log.entries[0].hasPrefix("error: alert firing"))
    #expect(log.entries[0].contains("planner is down"))
    #expect(log.entries[1].hasPrefix("info: alert resolved"))
  }

  @Test(.enabled("needs python3 with aiosmtpd") { await RealMailServer.isThere() }) func aMailIsSent() async throws {
    try await RealMailServer.with { server in
      var receiver = Receiver()
      receiver.name = "night"
      receiver.emails = [.init()]
      receiver.emails[0].to = "Night Watch <night@example.org>, day@example.org"
      receiver.emails[0].from = "skep@example.org"
      receiver.emails[0].smarthost = "127.0.0.1:\(server.port)"
      receiver.emails[0].requireTLS = false
      try await with(receiver) { integrations in
        try await integrations[0].send(Self.notification)
        try await integrations[0].send(Self.notification)
      }
      let mails = try server.mails()
      #expect(mails.count == 2)
      #expect(mails.first?.from == "skep@example.org")
      #expect(mails.first?.to == ["night@example.org", "day@example.org"])
      #expect(mails.first?.data.contains("Subject: CRITICAL: Down") == true)
      // The same try, made twice, is one mail to whoever counts.
      let ids = mails.compactMap { $0.data.split(separator: "\r\n").first { $0.hasPrefix("Message-Id: ") } }
      #expect(ids.count == 2 && ids.first == ids.last)
    }
  }

  @Test func whatCouldNeverWorkIsRefused() async throws {
    let connections = ReceiverConnections(connectTimeout: .seconds(300))
    func problem(_ change: (inout Receiver) -> Void) throws -> String? {
      var receiver = Receiver()
      receiver.name = "night"
      change(&receiver)
      let factory = try factory(connections)
      do throws(ReceiverError) {
        _ = try factory.integrations(of: receiver)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(try problem { _ in } == nil)
    #expect(try problem { $0.webhooks = [.init()] } == "receiver \"night\": webhook_configs[0]: url is missing")
    let bad = "is not an absolute http or https URL; write https://HOST/PATH"
    for url in ["", "example.org/x", "ftp://example.org", "http://", "http://a b/", "https://h:99999/x"] {
      let expected = "receiver \"night\": webhook_configs[0]: url \(bad)"
      #expect(
        try problem {
          $0.webhooks = [.init()]
          $0.webhooks[0].url = SecretText(url)
        } == expected, "\(url)")
    }
    #expect(
      try problem {
        $0.opsgenies = [.init()]
        $0.opsgenies[0].apiKey = SecretText("k")
        $0.opsgenies[0].apiURL = "nowhere"
      } == "receiver \"night\": opsgenie_configs[0]: api_url \(bad)")
    #expect(
      try problem { $0.pagerDuties = [.init()] }
        == "receiver \"night\": pagerduty_configs[0]: routing_key or service_key is missing")
    #expect(
      try problem {
        $0.pagerDuties = [.init()]
        $0.pagerDuties[0].routingKey = SecretText("s3cret {{ .Nope")
      } == "receiver \"night\": pagerduty_configs[0]: routing_key (not shown) is a template that cannot be read")
    #expect(
      try problem { $0.alertmanagers = [.init()] } == "receiver \"night\": alertmanager_configs[0]: url \(bad)")
    #expect(
      try problem {
        $0.slacks = [.init()]
        $0.slacks[0].apiURL = SecretText("https://hooks.slack.com/x")
        $0.slacks[0].title = "{{ .Nope }}"
      }?.hasPrefix("receiver \"night\": slack_configs: title: ") == true)
    await connections.shutdown()
  }
}

import AlertLogic
import FleetModel
import Foundation
import Testing

/// What templates of notifications give in Alertmanager, written by `Cases/notifications.py`.
@Suite("templates of notifications give what they give in Alertmanager")
struct NotificationTemplateCaseTests {
  struct File: Decodable {
    struct Case: Decodable {
      var text: String
      var kind: String
      var notification: String
      var output: String?
      var error: String?
    }

    struct Alert: Decodable {
      var labels: [String: String]
      var annotations: [String: String]
      var startsAt: String
      var endsAt: String
      var status: String
      var generatorURL: String
    }

    struct Notification: Decodable {
      var receiver: String
      var groupLabels: [String: String]
      var externalURL: String
      var alerts: [Alert]
    }

    var definitions: String
    var notifications: [String: Notification]
    var cases: [Case]
  }

  static func group(_ notification: File.Notification) throws -> GroupNotification {
    let alerts = try notification.alerts.map { alert in
      let start = try #require(RFC3339.parse(alert.startsAt))
      return NotifiedAlert(
        labels: LabelSet(alert.labels), annotations: LabelSet(alert.annotations), startsAt: start,
        endsAt: alert.status == "resolved" ? RFC3339.parse(alert.endsAt) : nil, updatedAt: start,
        generatorURL: alert.generatorURL)
    }
    return GroupNotification(
      receiver: notification.receiver, groupKey: "{}:{}", groupLabels: LabelSet(notification.groupLabels),
      alerts: alerts, externalURL: notification.externalURL, at: Timestamp(milliseconds: 1_800_000_000_000))
  }

  @Test func everyCase() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Cases/notifications.json")
    let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: path))
    let texts = try NotificationTexts(files: [.init(path: "/etc/own.tmpl", text: file.definitions)])
    let data = try file.notifications.mapValues { NotificationTemplateData(try Self.group($0)) }
    #expect(file.cases.count > 100)
    for one in file.cases {
      // Of newer versions.
      if one.error?.contains("function \"trimSpace\" not defined") ?? false { continue }
      // Ours is made of the labels; there it stood in the data.
      let wanted = one.output?.replacing("0123456789abcdef", with: "FINGERPRINT")
      var (output, error): (String?, String?)
      do {
        let text = try texts.compile(one.text, isHTML: one.kind == "html")
        output = try text.write(try #require(data[one.notification]))
      } catch let problem as NotificationTemplateError {
        error = problem.problem
      } catch let failure {
        error = "\(failure)"
      }
      for id in Self.fingerprints(file) { output = output?.replacing(id, with: "FINGERPRINT") }
      #expect(output == wanted, "\(one.kind) \(one.notification) \(one.text): \(error ?? "")")
      // amtool hands the data on by value, Alertmanager by pointer.
      // What is wrong with an expression is told in other words.
      if let wanted = one.error?.split(separator: ": ").last, let error, !error.contains("error parsing regexp") {
        #expect(
          error.replacing("*template.Data", with: "template.Data").contains(wanted), "\(one.text): \(one.error ?? "")")
      }
    }
  }

  private static func fingerprints(_ file: File) -> Set<String> {
    Set(file.notifications.values.flatMap(\.alerts).map { AlertIdentity.fingerprint(of: $0.labels) })
  }
}

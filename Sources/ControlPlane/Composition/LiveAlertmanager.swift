import AlertLogic
import Alerting
import DeployPlan
import FleetModel
import Platform

/// What the Alertmanager API asks, answered by the notification service.
struct LiveAlertmanager: AlertmanagerOperations {
  let service: NotificationService
  let time: any TimeSource
  let startedAt: Timestamp
  let version: String

  func now() -> Timestamp { time.now() }

  func put(_ alerts: [NotifiedAlert]) async throws { try await service.put(alerts) }

  func alerts(where chosen: (NotifiedAlert) -> Bool) -> [AlertStanding] { service.alerts(where: chosen) }

  func groups(where chosen: (NotifiedAlert) -> Bool) -> [GroupStanding] { service.groups(where: chosen) }

  func silences() -> [Silence] { service.silences() }

  func silence(id: String) -> Silence? { service.silence(id: id) }

  func set(_ silence: Silence) async throws -> String { try await service.set(silence) }

  func expire(id: String) async throws { try await service.expire(id: id) }

  var resolveTimeout: Duration { service.resolveTimeout }

  var receivers: [String] { service.receivers }

  func routes(for labels: LabelSet) -> [RouteMatch] { service.routes(for: labels) }

  func sendTest(to receiver: String) async throws -> [ReceiverTestResult] {
    try await service.sendTest(to: receiver)
  }

  func facts() -> AlertmanagerFacts {
    AlertmanagerFacts(configuration: service.policy.alertmanagerYAML(), startedAt: startedAt, version: version)
  }
}

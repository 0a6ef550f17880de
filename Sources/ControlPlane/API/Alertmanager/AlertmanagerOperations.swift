import AlertLogic
import Alerting
import FleetModel

/// What the Alertmanager API asks of the rest of Skep; the composition answers from the notification service, tests from a
/// fake. Reading answers from memory.
protocol AlertmanagerOperations: Sendable {
  func now() -> Timestamp

  /// Takes alerts from outside; each has an end. They are durable when this returns.
  func put(_ alerts: [NotifiedAlert]) async throws
  /// Those that are resolved may be among them. In no order.
  ///
  /// - Parameter chosen: must not call back.
  func alerts(where chosen: (NotifiedAlert) -> Bool) -> [AlertStanding]
  /// Groups without a chosen alert may be among them. In no order.
  ///
  /// - Parameter chosen: must not call back.
  func groups(where chosen: (NotifiedAlert) -> Bool) -> [GroupStanding]

  func silences() -> [Silence]
  func silence(id: String) -> Silence?
  /// - Returns: its id, another than that of `silence` where the change made a new one.
  /// - Throws: `SilenceError`.
  func set(_ silence: Silence) async throws -> String
  /// - Throws: `SilenceError`.
  func expire(id: String) async throws

  /// After this long an alert that was posted without an end counts as resolved.
  var resolveTimeout: Duration { get }
  /// In the order of the policy.
  var receivers: [String] { get }
  func routes(for labels: LabelSet) -> [RouteMatch]
  /// Makes one try through each integration of a receiver.
  ///
  /// - Throws: `UnknownReceiver`.
  func sendTest(to receiver: String) async throws -> [ReceiverTestResult]

  func facts() -> AlertmanagerFacts
}

/// What `/api/v2/status` tells.
struct AlertmanagerFacts: Sendable, Hashable {
  /// The policy in force as an `alertmanager.yml`, its secrets left out.
  var configuration: String
  var startedAt: Timestamp
  /// Skep's own.
  var version: String
}

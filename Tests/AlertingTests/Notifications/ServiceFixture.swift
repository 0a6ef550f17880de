import AlertLogic
import FleetModel
import Platform
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Alerting

/// What receivers were told, in order.
final class Told: Sendable {
  struct Entry: Sendable {
    var integration: String
    var notification: GroupNotification
    /// `alertname` of what fires, sorted.
    var firing: [String] { notification.firing.map(\.name).sorted() }
    var resolved: [String] { notification.resolved.map(\.name).sorted() }
  }

  private let state = Mutex<[Entry]>([])

  func add(_ integration: String, _ notification: GroupNotification) {
    state.withLock { $0.append(Entry(integration: integration, notification: notification)) }
  }

  var all: [Entry] { state.withLock { $0 } }
  var count: Int { state.withLock { $0.count } }

  /// Returns once that many came.
  @discardableResult
  func wait(for count: Int) async -> [Entry] {
    while self.count < count { await Task.yield() }
    return all
  }
}

/// A policy in a few words.
func policy(
  receivers: [String] = ["ops"], groupBy: [String] = ["alertname"], wait: Duration = .zero,
  interval: Duration = .seconds(10), repeatAfter: Duration = .seconds(4 * 3600),
  _ change: (inout Route) -> Void = { _ in }
) -> NotificationPolicy {
  var root = Route()
  root.receiver = receivers.first
  root.groupBy = groupBy
  root.groupWait = wait
  root.groupInterval = interval
  root.repeatInterval = repeatAfter
  change(&root)
  return NotificationPolicy(
    route: root,
    receivers: receivers.map { name in
      var receiver = Receiver()
      receiver.name = name
      return receiver
    })
}

extension Told {
  /// An integration that takes everything, after `before` let it.
  func integration(
    _ receiver: String = "ops", _ index: Int = 0, timeout: Duration = .seconds(10), sendResolved: Bool = true,
    rate: Double? = nil, before: @escaping @Sendable (GroupNotification) async throws -> Void = { _ in }
  ) -> NotificationIntegration {
    NotificationIntegration(
      kind: "webhook", index: index, sendResolved: sendResolved, timeout: timeout, rate: rate
    ) { notification in
      try await before(notification)
      self.add("\(receiver)/\(index)", notification)
    }
  }
}

func makeService(
  _ policy: NotificationPolicy, _ integrations: [String: [NotificationIntegration]], state: FilePath? = nil,
  time: SimulatedTime, seed: UInt64 = 1
) throws -> NotificationService {
  try NotificationService(
    NotificationSetup(policy: policy, integrations: integrations, externalURL: "http://skep.example"), state: state,
    time: time, logger: quietLogger(), random: SeededRandom(seed: seed))
}

/// Runs the service while `body` does, then stops it and waits until it has stopped.
func running<Value>(_ service: NotificationService, _ body: () async throws -> Value) async throws -> Value {
  let task = Task { try await service.run() }
  let result: Result<Value, any Error>
  do { result = .success(try await body()) } catch { result = .failure(error) }
  task.cancel()
  try await task.value
  return try result.get()
}

/// Gives tasks that could run the time to do so, for looking at what must not happen.
func letOthersRun() async {
  for _ in 0..<2_000 { await Task.yield() }
}

extension SimulatedTime {
  /// An alert of somebody outside.
  func alert(_ name: String, _ more: [String: String] = [:], ends: Duration? = .seconds(3600)) -> NotifiedAlert {
    NotifiedAlert(
      labels: LabelSet(["alertname": name].merging(more) { $1 }), annotations: LabelSet(["summary": "it is \(name)"]),
      startsAt: now(), endsAt: ends.map { now() + $0 }, updatedAt: now())
  }
}

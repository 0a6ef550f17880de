import FleetModel
import Logging
import Platform
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Alerting

/// Keeps what a handler was given.
final class Recorder: Sendable {
  private struct State {
    var taken: [AlertNotification] = []
    var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())

  func take(_ notification: AlertNotification) {
    let ready = state.withLock { state in
      state.taken.append(notification)
      let count = state.taken.count
      let ready = state.waiters.filter { $0.count <= count }
      state.waiters.removeAll { $0.count <= count }
      return ready
    }
    for waiter in ready { waiter.continuation.resume() }
  }

  var all: [AlertNotification] { state.withLock { $0.taken } }
  var kinds: [String] { all.map(\.kind.rawValue) }

  /// Returns once `count` notifications came.
  @discardableResult
  func wait(for count: Int) async -> [AlertNotification] {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let enough = state.withLock { state in
        if state.taken.count >= count { return true }
        state.waiters.append((count, continuation))
        return false
      }
      if enough { continuation.resume() }
    }
    return all
  }
}

func quietLogger() -> Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

func makeEngine(
  _ rules: [AlertRule], state: StateFile? = nil, time: SimulatedTime, options: RuleEngineOptions = RuleEngineOptions()
) throws -> RuleEngine {
  try RuleEngine(
    rules: rules, state: state, time: time, logger: quietLogger(), options: options, random: SeededRandom(seed: 1))
}

/// Runs the engine while `body` does, then stops it and waits until it has stopped.
func running(_ engine: RuleEngine, _ body: () async throws -> Void) async throws {
  let task = Task { try await engine.run() }
  do {
    try await body()
  } catch {
    task.cancel()
    try await task.value
    throw error
  }
  task.cancel()
  try await task.value
}

/// Runs `body` with a directory that is gone afterwards.
func withTemporaryDirectory(_ body: (FilePath) async throws -> Void) async throws {
  let directory = FilePath("/tmp/skep-alerting-\(SystemRandom().next())")
  try mkdirOrThrow(directory)
  defer { removeTree(directory) }
  try await body(directory)
}

func series(_ metric: String, agent: String = "planner", _ more: [String: String] = [:]) -> LabelSet {
  LabelSet(["__name__": metric, "agent_id": agent].merging(more) { $1 })
}

extension RuleEngine {
  /// One sample of one series, as ingest would hand it on.
  func feed(_ labels: LabelSet, _ value: Double, at time: Timestamp) {
    guard let token = interest(in: labels) else { return }
    observe([WatchedSample(token: token, value: value)], at: time)
  }
}

extension AlertRule {
  static func above(
    _ threshold: Double, name: String = "High", metric: String? = "cpu", hold: Duration = .zero,
    keepFiringFor: Duration = .zero, labels: [LabelMatcher] = [], agent: String? = nil
  ) -> AlertRule {
    AlertRule(
      name: name, description: "{metric_name} of {agent_id} is {value}, above {threshold}",
      condition: .threshold(.greater, threshold), metricName: metric.map(Glob.init), agentID: agent.map(Glob.init),
      labels: labels, hold: hold, keepFiringFor: keepFiringFor, severity: .critical, annotations: ["team": "ops"],
      runbookURL: "https://runbooks.example/high")
  }
}

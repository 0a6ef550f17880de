import FleetModel
import Logging
import Platform

/// Collects from one instance, round after round, until it is cancelled:
/// 1. wait for the schedule,
/// 2. fetch the metrics and the health check, look at the process,
/// 3. read the body and store everything under one timestamp,
/// 4. tell the registry how it went.
///
/// A class, though nothing shares it: as a value it would be copied into the frame of every function that waits, thousands of
/// bytes for each instance.
final class InstanceLoop {
  let key: InstanceKey
  let assignment: AgentRegistry.Assignment
  let context: CollectionContext
  private var series: InstanceSeries
  private var process: ProcessLook
  private var system = SystemMetrics()
  private let isLocal: Bool
  private let fetch: InstanceFetch
  private let policy: LivenessPolicy
  private var lastFailure: String?

  init(_ assignment: AgentRegistry.Assignment, series: InstanceSeries, context: CollectionContext) {
    self.assignment = assignment
    self.series = series
    self.context = context
    let target = assignment.target
    key = target.key
    let endpoints = [target.metricsEndpoint, target.healthEndpoint].compactMap(\.self)
    isLocal = endpoints.isEmpty ? target.pid != nil : endpoints.contains(where: EndpointPolicy.isLoopback(url:))
    fetch = InstanceFetch(
      target, timeout: context.timeout(of: target), maximumBytes: context.configuration.limits.bodyBytes,
      nativeHistograms: context.configuration.nativeHistograms)
    policy = context.policy(of: target)
    // A pid of another machine, or of another container, names some other process here.
    process = ProcessLook(pid: isLocal ? target.pid : nil, startTicks: assignment.processStart)
  }

  private var target: CollectionTarget { assignment.target }

  /// Gives the series to the next loop; this one has ended.
  func takeSeries() -> InstanceSeries { series }

  /// Runs until the task is cancelled.
  nonisolated(nonsending) func run() async {
    let time = context.time
    prime()
    var schedule = CollectionSchedule(
      agent: target.agentID, instance: target.instance, interval: context.interval(of: target))
    let now = time.now()
    let scheduled = schedule.peek(after: now) - now
    var due: Timestamp? = scheduled <= schedule.firstWait ? schedule.next(after: now) : nil
    do {
      if assignment.processHasEnded {
        // Looked at now: a runtime that starts it again in half a second would leave no trace of its death.
        due = nil
      } else {
        try await time.sleep(for: min(scheduled, schedule.firstWait))
      }
      while true {
        try await round(at: schedule.timestamp(begunAt: time.now(), due: due))
        let now = time.now()
        let next = due == nil ? schedule.nextAfterFirst(now) : schedule.next(after: now)
        due = next
        try await time.sleep(for: next - now)
      }
    } catch {
      // Cancelled: a round that was under way leaves no trace.
    }
  }

  /// Takes the readings that the first round measures from.
  private func prime() {
    let usage: ProcessUsage? = if case .running(let usage) = process.look(context.resources) { usage } else { nil }
    let needsHost = usage?.network == nil
    system.prime(process: usage, host: needsHost ? context.host.usage() : nil, at: context.time.monotonic())
  }

  private nonisolated(nonsending) func round(at timestamp: Timestamp) async throws {
    let begun = context.time.monotonic()
    take(try await fetch.run(over: context.http), begun: begun, timestamp)
  }

  /// All of a round that waits for nothing. Not inlined, or its variables would be part of the frame that waits.
  @inline(never)
  private func take(_ result: FetchResult, begun: Duration, _ timestamp: Timestamp) {
    // About 15 µs in /proc, which never waits for a disk: cheaper here than on another thread.
    let look = process.look(context.resources)
    var failures: [CollectionFailure] = []
    let body = read(result, &failures)
    let elapsed = context.time.monotonic() - begun
    if case .failure(let failure)? = result.health { failures.append(failure) }
    if case .gone(let reason) = look { failures.append(CollectionFailure(.process, reason)) }
    let stored = store(body, result, look, elapsed, timestamp, &failures)
    context.metrics.collected(in: elapsed)
    report(failures, stored, answered: result.answered, look: look, took: elapsed, time: timestamp)
  }

  private enum Body {
    case taken(InstanceSeries.BodyFacts)
    case failed
    /// There is no metrics endpoint, or the store could not take it.
    case none
  }

  private func read(_ result: FetchResult, _ failures: inout [CollectionFailure]) -> Body {
    switch result.metrics {
    case nil: return .none
    case .failure(let failure)?:
      failures.append(failure)
      return .failed
    case .success(let response)?:
      do throws(InstanceSeries.Refusal) {
        return .taken(try series.read(response.body, contentType: response.header("Content-Type")))
      } catch {
        switch error {
        case .agent(let failure):
          failures.append(failure)
          return .failed
        case .store(let trouble):
          note(trouble)
          return .none
        }
      }
    }
  }

  /// What came of a round's samples.
  private struct Stored {
    var samples: Int
    var isUp: Bool
  }

  private func store(
    _ body: Body, _ result: FetchResult, _ look: ProcessLook.Finding, _ elapsed: Duration, _ time: Timestamp,
    _ failures: inout [CollectionFailure]
  ) -> Stored {
    let usage: ProcessUsage? = if case .running(let usage) = look { usage } else { nil }
    var facts: InstanceSeries.BodyFacts?
    var isUp = failures.isEmpty
    switch body {
    case .taken(let taken):
      facts = taken
      isUp = true
    case .failed: isUp = false
    case .none:
      let checked = result.health != nil || usage != nil || result.metrics != nil
      isUp = isUp && (checked || context.registry.status(of: key) == .active)
    }
    let keepsSeries = if case .none = body { true } else { false }
    let round = InstanceSeries.Round(
      time: time, isUp: isUp, seconds: elapsed.seconds, facts: facts, keepsSeries: keepsSeries)
    let now = context.time.monotonic()
    do throws(AppendError) {
      let context = context
      let isLocal = isLocal
      let samples = try series.store(round) { agent in
        let needsHost = isUp && usage?.network == nil
        return self.system.sample(
          SystemMetrics.Input(
            process: usage, agent: agent, host: needsHost ? context.host.usage() : nil,
            machineMemory: context.host.memory(), isLocal: isLocal, isUp: isUp),
          at: now)
      }
      return Stored(samples: samples, isUp: isUp)
    } catch {
      if case .tooManySeries = error {
        failures.append(CollectionFailure(over: .storeSeries, "\(error)"))
      } else {
        note(error)
      }
      return Stored(samples: 0, isUp: isUp)
    }
  }

  /// The store's trouble is not the agent's: it is logged and counted, and no agent turns unhealthy by it.
  private func note(_ trouble: AppendError) {
    context.metrics.storeFailed()
    context.logger.error(
      "collected samples were not stored",
      metadata: ["agent_id": "\(key.agent)", "instance": "\(key.instance)", "error": "\(trouble)"])
  }

  private func report(
    _ failures: [CollectionFailure], _ stored: Stored, answered: Bool, look: ProcessLook.Finding, took: Duration,
    time: Timestamp
  ) {
    for failure in failures { context.metrics.failed(failure) }
    let message = failures.isEmpty ? nil : failures.map(\.message).joined(separator: "; ")
    let isRunning = if case .running = look { true } else { false }
    let isGone = if case .gone = look { true } else { false }
    let hasChecks = target.metricsEndpoint != nil || target.healthEndpoint != nil || isRunning
    let outcome = RoundOutcome(failure: message, good: message == nil && hasChecks, alive: answered || isRunning)
    let status = context.registry.record(
      RoundReport(
        outcome: outcome, time: time, isUp: stored.isUp, duration: took, samples: stored.samples, series: series.count,
        processStart: process.startTicks, processIsGone: isGone),
      for: key, revision: assignment.revision, policy: policy)
    if status == .lost { series.release() }
    log(message)
  }

  private func log(_ failure: String?) {
    guard failure != lastFailure else { return }
    lastFailure = failure
    var logger = context.logger
    logger[metadataKey: "agent_id"] = "\(key.agent)"
    logger[metadataKey: "instance"] = "\(key.instance)"
    if let failure {
      logger.warning("collection failed", metadata: ["error": "\(failure)"])
    } else {
      logger.info("collection works again")
    }
  }
}

/// Looks at one process and notices when its pid is another's.
struct ProcessLook: Sendable {
  enum Finding: Sendable {
    case none
    case running(ProcessUsage)
    case gone(String)
  }

  let pid: Int32?
  /// Of the process that the pid meant at first.
  var startTicks: UInt64?

  mutating func look(_ resources: any ResourceReader) -> Finding {
    guard let pid else { return .none }
    guard let usage = resources.process(pid) else { return .gone("process \(pid) is gone") }
    if let startTicks, startTicks != usage.startTicks {
      return .gone("process \(pid) is gone; its pid belongs to another process now")
    }
    startTicks = usage.startTicks
    return .running(usage)
  }
}

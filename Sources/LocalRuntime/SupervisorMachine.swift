/// The life of one instance: its process is started, probed, restarted when it ends or hangs, and stopped.
///
/// 1. `launching`: a process has been asked for.
/// 2. `running`: its readiness is probed, every second until it is first ready, then every 5 s together with its liveness.
///    A process that never becomes ready has its liveness probed from 30 s on, as Kubernetes does with this agent.
/// 3. Three failed liveness probes in a row: it is ended (`ending`) and started again.
/// 4. `backingOff` after each end that nobody asked for: 0.5 s, doubled to 30 s, from the start again after 60 s of running.
/// 5. `ending` on ``Event/stop(drain:)``: SIGTERM, then SIGKILL 3 s after the time to drain, one second later given up as unkillable.
///    Without time to drain a second SIGTERM says after half a second that what is in flight is not waited for.
/// 6. `stopped`: for good.
///
/// Decides only; whoever drives it performs the actions and calls back. Time is monotonic.
struct SupervisorMachine: Sendable, Hashable {
  struct Timing: Sendable, Hashable {
    var probeWhileStarting: Duration = .seconds(1)
    var probe: Duration = .seconds(5)
    var livenessDelay: Duration = .seconds(30)
    var livenessFailures = 3
    var firstBackOff: Duration = .milliseconds(500)
    var longestBackOff: Duration = .seconds(30)
    var stableAfter: Duration = .seconds(60)
    var grace: Duration = .seconds(3)
    var hurry: Duration = .milliseconds(500)
    var giveUpAfterKill: Duration = .seconds(1)
  }

  enum Event: Sendable, Hashable {
    case start
    case spawned(pid: Int32)
    /// `jitter` in 0..<1 takes up to a tenth off the wait, so that what fell together does not rise together.
    case spawnFailed(String, jitter: Double)
    /// `alive` is `nil` where liveness was not asked for.
    case probed(generation: Int, ready: Bool, alive: Bool?)
    case exited(String, jitter: Double)
    /// ``SupervisorMachine/deadline`` may have come.
    case tick
    /// Asked to end for good. With `drain`, runs in flight have that long, unless the process was never ready for any; a further one
    /// without it ends that.
    case stop(drain: Duration?)
  }

  enum Action: Sendable, Hashable {
    case spawn(generation: Int)
    case probe(generation: Int, liveness: Bool)
    case terminate(pid: Int32)
    case kill(pid: Int32)
    /// Stopped; no further action follows.
    case finished
  }

  private struct Run: Sendable, Hashable {
    var pid: Int32
    var since: Duration
    var isReady = false
    var wasReady = false
    var probing = false
    var nextProbe: Duration
    var failures = 0
  }

  private struct Ending: Sendable, Hashable {
    var pid: Int32
    var since: Duration
    var deadline: Duration
    var killed = false
    /// When SIGTERM is sent again.
    var hurryAt: Duration?
    /// Why Skep ends it, where it is to be started again.
    var restartReason: String?
  }

  private enum Phase: Sendable, Hashable {
    case idle
    case launching(stopRequested: Bool)
    case running(Run)
    case ending(Ending)
    case backingOff(until: Duration)
    case stopped
  }

  private let timing: Timing
  private var phase = Phase.idle
  private var shortRuns = 0
  /// Counts processes, so that what is said of an earlier one is not taken for this one's.
  private(set) var generation = 0
  private(set) var restarts = 0
  private(set) var lastExit: String?

  init(timing: Timing = Timing()) { self.timing = timing }

  var state: LocalInstance.State {
    switch phase {
    case .idle, .launching: .starting
    case .running(let run): run.isReady ? .ready : (run.wasReady ? .unready : .starting)
    case .ending(let ending): ending.restartReason == nil ? .stopping : .unready
    case .backingOff: .backingOff
    case .stopped: .stopped
    }
  }

  var pid: Int32? {
    switch phase {
    case .running(let run): run.pid
    case .ending(let ending): ending.pid
    case .idle, .launching, .backingOff, .stopped: nil
    }
  }

  var isStopping: Bool {
    switch phase {
    case .launching(let stopRequested): stopRequested
    case .ending(let ending): ending.restartReason == nil
    case .stopped: true
    case .idle, .running, .backingOff: false
    }
  }

  /// When it wants the next ``Event/tick``; `nil` while it waits for something else.
  var deadline: Duration? {
    switch phase {
    case .running(let run): run.probing ? nil : run.nextProbe
    case .ending(let ending): ending.hurryAt ?? ending.deadline
    case .backingOff(let until): until
    case .idle, .launching, .stopped: nil
    }
  }

  mutating func step(_ event: Event, at now: Duration) -> [Action] {
    switch event {
    case .start: start()
    case .spawned(let pid): spawned(pid, at: now)
    case .spawnFailed(let reason, let jitter): spawnFailed(reason, jitter: jitter, at: now)
    case .probed(let generation, let ready, let alive): probed(generation, ready: ready, alive: alive, at: now)
    case .exited(let reason, let jitter): exited(reason, jitter: jitter, at: now)
    case .tick: tick(at: now)
    case .stop(let drain): stop(drain: drain, at: now)
    }
  }

  private mutating func start() -> [Action] {
    guard case .idle = phase else { return [] }
    return launch()
  }

  private mutating func launch() -> [Action] {
    generation += 1
    phase = .launching(stopRequested: false)
    return [.spawn(generation: generation)]
  }

  private mutating func spawned(_ pid: Int32, at now: Duration) -> [Action] {
    guard case .launching(let stopRequested) = phase else { return [] }
    if stopRequested { return end(pid, since: now, restartReason: nil, at: now) }
    phase = .running(Run(pid: pid, since: now, nextProbe: now + timing.probeWhileStarting))
    return []
  }

  private mutating func spawnFailed(_ reason: String, jitter: Double, at now: Duration) -> [Action] {
    guard case .launching(let stopRequested) = phase else { return [] }
    lastExit = reason
    if stopRequested { return finish() }
    backOff(jitter: jitter, at: now)
    return []
  }

  private mutating func probed(_ generation: Int, ready: Bool, alive: Bool?, at now: Duration) -> [Action] {
    guard generation == self.generation, case .running(var run) = phase, run.probing else { return [] }
    run.probing = false
    run.isReady = ready
    run.wasReady = run.wasReady || ready
    run.nextProbe = now + (run.wasReady ? timing.probe : timing.probeWhileStarting)
    if let alive { run.failures = alive ? 0 : run.failures + 1 }
    phase = .running(run)
    guard run.failures >= timing.livenessFailures else { return [] }
    let reason = "ended by skep after \(run.failures) failed health checks in a row"
    return end(run.pid, since: run.since, restartReason: reason, at: now)
  }

  private mutating func exited(_ reason: String, jitter: Double, at now: Duration) -> [Action] {
    switch phase {
    case .running(let run):
      lastExit = reason
      if now - run.since >= timing.stableAfter { shortRuns = 0 }
      backOff(jitter: jitter, at: now)
      return []
    case .ending(let ending):
      guard let restartReason = ending.restartReason else {
        lastExit = reason
        return finish()
      }
      lastExit = "\(restartReason): \(reason)"
      if now - ending.since >= timing.stableAfter { shortRuns = 0 }
      backOff(jitter: jitter, at: now)
      return []
    case .idle, .launching, .backingOff, .stopped: return []
    }
  }

  private mutating func tick(at now: Duration) -> [Action] {
    guard let deadline, now >= deadline else { return [] }
    switch phase {
    case .running(var run):
      run.probing = true
      phase = .running(run)
      return [.probe(generation: generation, liveness: run.wasReady || now - run.since >= timing.livenessDelay)]
    case .backingOff:
      restarts += 1
      return launch()
    case .ending(var ending) where ending.hurryAt != nil:
      ending.hurryAt = nil
      phase = .ending(ending)
      return [.terminate(pid: ending.pid)]
    case .ending(var ending):
      if ending.killed, ending.restartReason == nil {
        lastExit = "process \(ending.pid) does not end after SIGKILL"
        return finish()
      }
      ending.killed = true
      ending.deadline = now + timing.giveUpAfterKill
      phase = .ending(ending)
      return [.kill(pid: ending.pid)]
    case .idle, .launching, .stopped: return []
    }
  }

  private mutating func stop(drain: Duration?, at now: Duration) -> [Action] {
    switch phase {
    case .idle, .backingOff: return finish()
    case .launching:
      phase = .launching(stopRequested: true)
      return []
    case .running(let run):
      // What was never ready was given no work.
      let drain = drain.map { run.wasReady ? $0 : .zero }
      return end(run.pid, since: run.since, restartReason: nil, drain: drain ?? .zero, hurry: drain == nil, at: now)
    case .ending(var ending):
      ending.restartReason = nil
      phase = .ending(ending)
      // It drains, and is to no longer.
      guard drain == nil, !ending.killed, ending.deadline > now + timing.grace else { return [] }
      ending.deadline = now + timing.grace
      phase = .ending(ending)
      return [.terminate(pid: ending.pid)]
    case .stopped: return []
    }
  }

  private mutating func end(
    _ pid: Int32, since: Duration, restartReason: String?, drain: Duration = .zero, hurry: Bool = false,
    at now: Duration
  ) -> [Action] {
    phase = .ending(
      Ending(
        pid: pid, since: since, deadline: now + drain + timing.grace, hurryAt: hurry ? now + timing.hurry : nil,
        restartReason: restartReason))
    return [.terminate(pid: pid)]
  }

  private mutating func finish() -> [Action] {
    phase = .stopped
    return [.finished]
  }

  private mutating func backOff(jitter: Double, at now: Duration) {
    var wait = timing.firstBackOff
    for _ in 0..<shortRuns where wait < timing.longestBackOff { wait = wait * 2 }
    wait = min(wait, timing.longestBackOff)
    shortRuns += 1
    phase = .backingOff(until: now + wait * (1 - 0.1 * min(max(jitter, 0), 1)))
  }
}

import CPlatform
import Dispatch
import Glibc
import Platform
import Synchronization
import SystemPackage

/// Which process of which instance.
struct ProcessTag: Sendable, Hashable {
  var instance: Int
  var generation: Int
}

/// Holds the agents' processes: starts them, copies what they print to their logs, and tells when they end.
///
/// One thread waits for all of them in `poll(2)`; another queue starts them. A process's end is handled in this order:
/// the rest of its output is taken, the rest of its group is killed, the guardian forgets the group, and only then the
/// process is reaped, so that its number cannot mean another process meanwhile.
final class ProcessHost: Sendable {
  enum Report: Sendable {
    case spawned(ProcessTag, pid: Int32)
    case failed(ProcessTag, String)
    case exited(ProcessTag, ExitReason)
    case trouble(String)
  }

  fileprivate struct Child {
    var tag: ProcessTag
    var process: ProcessSpawn.Child
    /// -1 once closed.
    var output: Int32
    var logFile: FilePath
  }

  private struct State {
    var arrivals: [Child] = []
    /// Processes that are not reaped: their numbers are theirs.
    var alive: Set<Int32> = []
    var isEnding = false
    var wake: [Int32] = [-1, -1]
  }

  private let guardian: GuardianLink?
  private let report: @Sendable (Report) -> Void
  private let state = Mutex(State())
  private let spawning = BlockingWork(label: "skep.spawn")
  private let waiting = BlockingWork(label: "skep.processes")

  /// - Parameter report: is called from the host's threads; ``Report/spawned(_:pid:)`` comes before the same process's
  ///   ``Report/exited(_:_:)``.
  init(guardian: GuardianLink?, report: @escaping @Sendable (Report) -> Void) {
    self.guardian = guardian
    self.report = report
  }

  /// Starts the guardian, then serves until ``end()`` has been called.
  func run(_ whenReady: @escaping @Sendable () -> Void) async throws(LocalFleetError) {
    try await waiting.run { () throws(LocalFleetError) in
      try self.guardian?.start()
      var pipe: [Int32] = [-1, -1]
      guard skep_pipe(&pipe) == 0 else {
        throw .guardianUnavailable("cannot make a pipe: \(Errno(rawValue: errno))")
      }
      for end in pipe { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
      self.state.withLock { $0.wake = pipe }
      whenReady()
      self.serve(wake: pipe[0])
      self.state.withLock { state in
        for end in state.wake { close(end) }
        state.wake = [-1, -1]
      }
    }
  }

  /// Lets ``run(_:)`` return once the guardian has ended what is left.
  func end() {
    state.withLock { $0.isEnding = true }
    wake()
  }

  /// Asks for a process; the answer is a ``Report``.
  func launch(_ tag: ProcessTag, _ request: LaunchRequest) {
    spawning.queue.async {
      do throws(LaunchProblem) { try self.start(tag, request) } catch { self.report(.failed(tag, error.description)) }
    }
  }

  /// Asks the process `pid` and its whole group to end, if it is still one of ours.
  func terminate(_ pid: Int32) { signal(pid, SIGTERM) }

  /// Ends the process `pid` and its whole group, if it is still one of ours.
  func kill(_ pid: Int32) { signal(pid, SIGKILL) }

  private func signal(_ pid: Int32, _ number: Int32) {
    state.withLock { state in
      if state.alive.contains(pid) { _ = Glibc.kill(-pid, number) }
    }
  }

  private func start(_ tag: ProcessTag, _ request: LaunchRequest) throws(LaunchProblem) {
    var environment = request.environment
    if let guardian { environment[Guardian.agentVariable] = guardian.token }
    let program = request.arguments.first ?? ""
    let file = try ProcessSpawn.find(
      program, in: request.workingDirectory, searchPath: environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
    var pipe: [Int32] = [-1, -1]
    guard skep_pipe(&pipe) == 0 else {
      throw LaunchProblem(
        description: "cannot start \"\(program)\": \(Errno(rawValue: errno)); close what is not needed")
    }
    defer { close(pipe[1]) }
    _ = fcntl(pipe[0], F_SETFL, O_NONBLOCK)
    do throws(Errno) {
      let process = try ProcessSpawn.spawn(
        file, arguments: request.arguments, environment: environment.map { "\($0.key)=\($0.value)" },
        directory: request.workingDirectory, descriptors: [nil, pipe[1], pipe[1]], grouping: .ownGroup)
      guardian?.add(process.pid)
      // It can be signalled before it is told of, and its end is told after.
      state.withLock { _ = $0.alive.insert(process.pid) }
      report(.spawned(tag, pid: process.pid))
      let child = Child(tag: tag, process: process, output: pipe[0], logFile: request.logFile)
      state.withLock { $0.arrivals.append(child) }
      wake()
    } catch {
      close(pipe[0])
      let problem = FileError(
        path: file, operation: "start", errno: error, mend: "check the command and its working directory")
      throw LaunchProblem(description: problem.description)
    }
  }

  private func wake() {
    state.withLock { state in
      var byte: UInt8 = 1
      if state.wake[1] >= 0 { _ = write(state.wake[1], &byte, 1) }
    }
  }

  private func serve(wake: Int32) {
    var children: [Child] = []
    var logs = LogFiles()
    var nextGuardian = 0
    while true {
      let (arrivals, isEnding) = state.withLock { state in
        defer { state.arrivals = [] }
        return (state.arrivals, state.isEnding)
      }
      children += arrivals
      if isEnding {
        for child in children { forget(child) }
        children = []
        guardian?.hangUp()
        if guardian?.pidDescriptor ?? -1 < 0 { return }
      }
      var polled = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
      polled.append(pollfd(fd: guardian?.pidDescriptor ?? -1, events: Int16(POLLIN), revents: 0))
      for child in children {
        polled.append(pollfd(fd: child.process.pidDescriptor, events: Int16(POLLIN), revents: 0))
        polled.append(pollfd(fd: child.output, events: Int16(POLLIN), revents: 0))
      }
      let guardianIsDown = guardian != nil && polled[1].fd < 0 && !isEnding
      if poll(&polled, nfds_t(polled.count), guardianIsDown ? 1_000 : -1) < 0 { continue }
      if polled[0].revents != 0 { drain(wake) }
      if polled[1].revents != 0 { guardian?.reap() }
      if guardianIsDown { nextGuardian = reviveGuardian(after: nextGuardian) }
      for index in children.indices {
        if polled[3 + 2 * index].revents != 0 {
          let file = children[index].logFile
          logs.copy(from: &children[index].output, to: file)
        }
        if polled[2 + 2 * index].revents != 0 { conclude(&children[index], &logs) }
      }
      children.removeAll { $0.process.pid == 0 }
      logs.keep(Set(children.map(\.logFile)))
      for lost in logs.takeTroubles() { report(.trouble(lost)) }
    }
  }

  /// Starts a guardian in place of one that was killed; tried each second. Returns the number of tries in vain so far.
  private func reviveGuardian(after failures: Int) -> Int {
    do throws(LocalFleetError) {
      try guardian?.start()
      report(.trouble("the guardian process had ended; started another"))
      return 0
    } catch {
      if failures == 0 { report(.trouble("\(error); agents would outlive a kill -9 of skep until there is one")) }
      return failures + 1
    }
  }

  /// Handles the end of a process; its `pid` is 0 afterwards.
  private func conclude(_ child: inout Child, _ logs: inout LogFiles) {
    let pid = child.process.pid
    guard let reason = ExitReason.peek(pid) else { return }
    _ = Glibc.kill(-pid, SIGKILL)
    logs.copy(from: &child.output, to: child.logFile)
    guardian?.remove(pid)
    state.withLock { state in
      state.alive.remove(pid)
      waitpid(pid, nil, 0)
    }
    if child.output >= 0 { close(child.output) }
    close(child.process.pidDescriptor)
    child.process.pid = 0
    report(.exited(child.tag, reason))
  }

  /// Leaves a process that could not be ended to the guardian and the system.
  private func forget(_ child: Child) {
    state.withLock { _ = $0.alive.remove(child.process.pid) }
    if child.output >= 0 { close(child.output) }
    close(child.process.pidDescriptor)
  }

  private func drain(_ descriptor: Int32) {
    var buffer = [UInt8](repeating: 0, count: 256)
    while read(descriptor, &buffer, buffer.count) > 0 {}
  }
}

import Glibc
import Platform
import Synchronization
import SystemPackage

/// Skep's end of the socket to its ``Guardian``.
final class GuardianLink: Sendable {
  private struct State {
    var socket: Int32 = -1
    var child: ProcessSpawn.Child?
    var groups: Set<Int32> = []
  }

  let token: String
  private let executable: FilePath
  private let environment: [String]
  private let state = Mutex(State())

  init(executable: FilePath, token: String, environment: [String: String]) {
    self.executable = executable
    self.token = token
    self.environment =
      environment.merging([Guardian.selfVariable: "1"]) { $1 }.map { "\($0.key)=\($0.value)" }
  }

  /// Starts a guardian that knows all groups from its first moment. Blocks until it answers, at most 30 s.
  func start() throws(LocalFleetError) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw .guardianUnavailable("cannot make a socket: \(Errno(rawValue: errno))")
    }
    // Told before it is born: it finds the groups in its socket even if this process is killed while it starts.
    state.withLock { state in
      state.socket = ends[0]
      if !state.groups.isEmpty { Self.send(state.groups.map { "+\($0)\n" }.joined(), to: ends[0]) }
    }
    let child: ProcessSpawn.Child
    do throws(Errno) {
      defer { close(ends[1]) }
      child = try ProcessSpawn.spawn(
        executable, arguments: [executable.string, Guardian.argument, token], environment: environment, directory: "/",
        descriptors: [ends[1], nil, nil], grouping: .ownSession)
    } catch {
      hangUp()
      throw .guardianUnavailable("cannot start \(executable): \(error)")
    }
    guard Self.greets(ends[0]) else {
      hangUp()
      kill(child.pid, SIGKILL)
      waitpid(child.pid, nil, 0)
      close(child.pidDescriptor)
      throw .guardianUnavailable("\(executable) does not answer as one; call Guardian.runIfAsked() first in its main")
    }
    state.withLock { $0.child = child }
  }

  func add(_ group: Int32) {
    state.withLock { state in
      state.groups.insert(group)
      Self.send("+\(group)\n", to: state.socket)
    }
  }

  func remove(_ group: Int32) {
    state.withLock { state in
      state.groups.remove(group)
      Self.send("-\(group)\n", to: state.socket)
    }
  }

  /// Polls readable once the guardian has ended; -1 while there is none.
  var pidDescriptor: Int32 { state.withLock { $0.child?.pidDescriptor ?? -1 } }

  /// Lets go of a guardian that has ended.
  func reap() {
    state.withLock { state in
      if let child = state.child {
        waitpid(child.pid, nil, 0)
        close(child.pidDescriptor)
      }
      if state.socket >= 0 { close(state.socket) }
      state.child = nil
      state.socket = -1
    }
  }

  /// Tells the guardian that it is over: it ends what is left of the agents and exits.
  func hangUp() {
    state.withLock { state in
      if state.socket >= 0 { close(state.socket) }
      state.socket = -1
    }
  }

  private static func greets(_ socket: Int32) -> Bool {
    var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, 30_000) == 1 else { return false }
    var answer = [UInt8](repeating: 0, count: Guardian.greeting.count)
    let count = recv(socket, &answer, answer.count, 0)
    return count == answer.count && answer == Guardian.greeting
  }

  /// Without SIGPIPE and without waiting: a guardian that is gone is replaced and told everything anew.
  private static func send(_ line: String, to socket: Int32) {
    guard socket >= 0 else { return }
    let bytes = Array(line.utf8)
    _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
  }
}
